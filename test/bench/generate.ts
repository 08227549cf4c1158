/**
 * Speed of generation on the adapter of RUNFLOW_ADAPTER, on a model of the toy world's size:
 *   node dist/test/bench/generate.js [prompts] [tokens a prompt] [new tokens] [slots…]
 * For each number of slots: seconds for all responses, new tokens a second, passes through the model, and the share of the
 * device's GEMM rate (512³, f32) that the products with weights reach: 2 flop a weight and token, prompts counted. The passes'
 * floor is what one dispatch costs times the dispatches of a pass. Rounds take turns; the best counts.
 */
import { architectureTensors } from '../../src/formats/architecture.js';
import { openGpu } from '../../src/gpu/open-gpu.js';
import { gemm } from '../../src/linalg/device/gemm.js';
import { Decoder } from '../../src/nn/decoder.js';
import { generate } from '../../src/nn/generate.js';
import { toyDecoder } from './toy-decoder.js';

const rounds = 5;
const [count = 200, promptTokens = 25, newTokens = 8, ...asked] = process.argv.slice(2).map(Number);
const slotCounts = asked.length > 0 ? asked : [1, 16, 64, 128, 200];
const config = toyDecoder(512);

const gpu = await openGpu();
console.log(`${gpu.adapter.description} (${gpu.adapter.deviceClass})`);
const decoder = await Decoder.create(
  gpu,
  config,
  { type: 'F32', activationCheckpointing: true },
  async (name, shape) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => {
      return name.endsWith('norm.weight') ? 1 : 0.1 * Math.sin(i * 12.9898 + name.length);
    });
    return new Uint8Array(values.buffer);
  },
);
const prompts = Array.from({ length: count }, (_, prompt) =>
  Int32Array.from(
    { length: Math.max(1, promptTokens - 4 + ((prompt * 5) % 9)) },
    (_, t) => (prompt * 31 + t * t * 7) % 112,
  ),
);
const weights = [...architectureTensors(config)]
  .filter(([, shape]) => shape.length === 2)
  .reduce((sum, [, [outputs, inputs]]) => sum + outputs! * inputs!, 0);
const embedded = prompts.reduce((sum, { length }) => sum + length, 0) + count * (newTokens - 1);

const size = 512;
const [a, b, c] = ['A', 'B', 'C'].map((label) => gpu.upload(new Float32Array(size * size), label));
async function products(): Promise<void> {
  gemm(gpu, { m: size, n: size, k: size, a: { buffer: a! }, b: { buffer: b! }, c: { buffer: c! } });
  await gpu.settled();
}

async function seconds(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

const best = new Map<string, number>();
let passes = 0;
for (let round = 0; round <= rounds; round++) {
  const keep = (name: string, time: number) =>
    round > 0 && best.set(name, Math.min(time, best.get(name) ?? Number.POSITIVE_INFINITY));
  keep('gemm', await seconds(products));
  for (const slots of slotCounts) {
    passes = 0;
    const options = { maxTokens: newTokens, endTokens: new Set<number>(), sampling: null, slots };
    const time = await seconds(() => generate(gpu, decoder, prompts, { ...options, progress: () => passes++ }));
    keep(`${slots}`, time);
    best.set(`passes of ${slots}`, passes);
  }
}
const rate = (2 * size ** 3) / best.get('gemm')! / 1e9;
console.log(
  `${count} prompts of ${promptTokens} tokens, ${newTokens} new tokens each; GEMM ${rate.toFixed(1)} GFLOP/s`,
);
for (const slots of slotCounts) {
  const time = best.get(`${slots}`)!;
  const runs = best.get(`passes of ${slots}`)!;
  const share = (2 * weights * embedded) / time / 1e9 / rate;
  console.log(
    `${String(slots).padStart(4)} slots: ${time.toFixed(2)} s, ${Math.round((count * newTokens) / time)} new tokens/s, ` +
      `${runs} passes of ${((1000 * time) / runs).toFixed(1)} ms, ${(100 * share).toFixed(0)} % of the GEMM rate`,
  );
}
decoder.release();
await gpu.close();
