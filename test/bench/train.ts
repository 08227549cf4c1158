/**
 * Speed of training on the adapter of RUNFLOW_ADAPTER, on a model of the toy world's size:
 *   node dist/test/bench/train.js [sequences a batch]
 * Tokens a second, and the share of the device's GEMM rate (512³, f32, no transposes) that training reaches; flop are those
 * of the weights, 6 a weight and token (the embedding's lookup counts as none), and of attention over visible pairs.
 * Steps and products take turns, so that a busy moment of the machine falls on both; shares by wall time compare the best
 * of each, shares by CPU time all of them.
 */
import { architectureTensors } from '../../src/formats/architecture.js';
import type { TokenRow } from '../../src/formats/token-rows.js';
import { openGpu } from '../../src/gpu/open-gpu.js';
import { gemm } from '../../src/linalg/device/gemm.js';
import { AdamW } from '../../src/nn/adamw.js';
import { Decoder } from '../../src/nn/decoder.js';
import { GradientNorm } from '../../src/nn/gradient-norm.js';
import { toyDecoder } from './toy-decoder.js';

const rounds = 12;
const config = toyDecoder(128);
const sequences = Number(process.argv[2] ?? 32);
const promptTokens = 14;

const gpu = await openGpu();
console.log(`${gpu.adapter.description} (${gpu.adapter.deviceClass})`);

const decoder = await Decoder.create(gpu, config, { type: 'F32' }, async (name, shape) => {
  const count = shape.reduce((a, b) => a * b);
  const values = Float32Array.from({ length: count }, (_, i) => 0.05 * Math.sin(i * 12.9898 + name.length) * 1.7);
  return new Uint8Array((name.endsWith('norm.weight') ? values.fill(1) : values).buffer);
});
const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, rounding: 'nearest', seed: 0 } as const;
const optimizer = await AdamW.create(gpu, decoder.parameters, 'f32', settings);
const norm = new GradientNorm(gpu, decoder.parameters);

/** Prompts and answers of 22 to 30 tokens; the loss counts the answers. */
const rows: TokenRow[] = Array.from({ length: sequences }, (_, sequence) => {
  const length = 22 + ((sequence * 5) % 9);
  const inputIds = Int32Array.from({ length }, (_, t) => (sequence * 31 + t * t * 7 + t) % config.vocabulary);
  return { inputIds, labels: inputIds.map((id, t) => (t < promptTokens ? -100 : id)) };
});
const tokens = rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
const targets = rows.reduce((sum, { inputIds }) => sum + inputIds.length - promptTokens, 0);

async function step(index: number): Promise<void> {
  for (const { gradient } of decoder.parameters) gpu.clear(gradient);
  await decoder.accumulate(rows, 1 / targets);
  const length = await norm.measure();
  await optimizer.update(index + 1, 1e-3, Math.min(1, 1 / length));
}

const layerWeights = [...architectureTensors(config)]
  .filter(([name, shape]) => name.includes('layers') && shape.length === 2)
  .reduce((sum, [, [outputs, inputs]]) => sum + outputs! * inputs!, 0);
const head = config.vocabulary * config.hidden;
const pairs = rows.reduce((sum, { inputIds: { length } }) => sum + (length * (length + 1)) / 2, 0);
const attention = 12 * pairs * config.heads * config.headDim * config.layers;
const stepFlop = 6 * layerWeights * tokens + 6 * head * targets + attention;

const size = 512;
const [a, b, c] = ['A', 'B', 'C'].map((label) => gpu.upload(new Float32Array(size * size), label));
const productFlop = 2 * size ** 3;
async function products(): Promise<void> {
  const product = { m: size, n: size, k: size, a: { buffer: a! }, b: { buffer: b! }, c: { buffer: c! } };
  for (let i = 0; i < 2; i++) gemm(gpu, product);
  await gpu.settled();
}

interface Timing {
  best: number;
  cpu: number;
}

async function timed(timing: Timing, action: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await action();
  timing.best = Math.min(timing.best, (performance.now() - started) / 1000);
  const { user, system } = process.cpuUsage(cpu);
  timing.cpu += (user + system) / 1e6 / rounds;
}

await step(0);
await products();
const steps: Timing = { best: Number.POSITIVE_INFINITY, cpu: 0 };
const gemms: Timing = { best: Number.POSITIVE_INFINITY, cpu: 0 };
for (let round = 0; round < rounds; round++) {
  await timed(steps, () => step(round + 1));
  await timed(gemms, products);
}
const rate = (flop: number, { best, cpu }: Timing) => ({ wall: flop / best / 1e9, cpu: flop / cpu / 1e9 });
const trained = rate(stepFlop, steps);
const multiplied = rate(2 * productFlop, gemms);
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(0)} %`;
console.log(`${sequences} sequences, ${tokens} tokens, ${(stepFlop / 1e9).toFixed(3)} GFLOP a step`);
console.log(
  `step ${(steps.best * 1000).toFixed(1)} ms, ${(steps.cpu * 1000).toFixed(0)} ms of CPU, ${Math.round(tokens / steps.best)} tokens/s`,
);
console.log(`training ${trained.wall.toFixed(2)} GFLOP/s, ${trained.cpu.toFixed(2)} a CPU second`);
console.log(`GEMM     ${multiplied.wall.toFixed(2)} GFLOP/s, ${multiplied.cpu.toFixed(2)} a CPU second`);
console.log(
  `share of the GEMM rate: ${percent(trained.wall, multiplied.wall)} by wall time, ${percent(trained.cpu, multiplied.cpu)} by CPU time`,
);
norm.release();
optimizer.release();
decoder.release();
await gpu.close();
