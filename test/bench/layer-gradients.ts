/**
 * One decoder layer of each real model at its true shapes, against the f64 oracle: loss, every gradient (by norm) and time.
 *   node dist/test/bench/layer-shapes.js [profile…]
 * The vocabulary is cut to 512 tokens and the batch to 6 tokens, so that the oracle takes seconds. Needs up to 6 GB.
 */
import { architectureTensors } from '../../src/formats/architecture.js';
import { openGpu } from '../../src/gpu/open-gpu.js';
import type { DecoderConfig } from '../../src/nn/config.js';
import { Decoder } from '../../src/nn/decoder.js';
import { decoderOracle } from '../oracles/nn/decoder.js';

type Shape = Pick<DecoderConfig, 'family' | 'hidden' | 'heads' | 'kvHeads' | 'headDim' | 'mlp' | 'tied' | 'ropeTheta'>;
const llama3 = { factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8192 };
const profiles: Readonly<Record<string, Shape & Partial<DecoderConfig>>> = {
  'llama-3.2-1b': {
    ...{ family: 'llama', hidden: 2048, heads: 32, kvHeads: 8, headDim: 64, mlp: 8192, tied: true, ropeTheta: 500000 },
    ropeScaling: llama3,
  },
  'llama-2-7b': {
    ...{ family: 'llama', hidden: 4096, heads: 32, kvHeads: 32, headDim: 128, mlp: 11008, tied: false, ropeTheta: 1e4 },
  },
  'qwen2.5-1.5b': {
    ...{ family: 'qwen2', hidden: 1536, heads: 12, kvHeads: 2, headDim: 128, mlp: 8960, tied: true, ropeTheta: 1e6 },
  },
  'qwen2.5-3b': {
    ...{ family: 'qwen2', hidden: 2048, heads: 16, kvHeads: 2, headDim: 128, mlp: 11008, tied: true, ropeTheta: 1e6 },
  },
  'qwen2.5-7b': {
    ...{ family: 'qwen2', hidden: 3584, heads: 28, kvHeads: 4, headDim: 128, mlp: 18944, tied: false, ropeTheta: 1e6 },
  },
};
const ids = [3, 200, 17, 511, 42, 8];
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(profiles);

/** Uniform numbers of standard deviation `size`, quickly; different for every seed. */
function random(count: number, size: number, seed: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  let state = Math.imul(seed + 1, 0x2545f491);
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = (state / 2 ** 31) * Math.sqrt(3) * size;
  }
  return values;
}

const gpu = await openGpu();
console.log(`${gpu.adapter.description} (${gpu.adapter.deviceClass})`);
for (const name of names) {
  const config: DecoderConfig = {
    ...{ layers: 1, vocabulary: 512, attentionBias: false, mlpBias: false, normEpsilon: 1e-6, contextLength: 4096 },
    ...{ endTokens: [], ...profiles[name]! },
  };
  const weights = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [tensor, shape] of architectureTensors(config)) {
    const count = shape.reduce((a, b) => a * b);
    weights.set(
      tensor,
      tensor.endsWith('norm.weight') ? new Float32Array(count).fill(1) : random(count, 0.02, weights.size),
    );
  }
  const decoder = await Decoder.create(gpu, config, { type: 'F32' }, async (tensor) => {
    return new Uint8Array(weights.get(tensor)!.buffer);
  });
  const row = { inputIds: Int32Array.from(ids), labels: Int32Array.from(ids) };
  const started = performance.now();
  const loss = await decoder.accumulate([row], 1);
  const seconds = (performance.now() - started) / 1000;
  const exact = new Map([...weights].map(([tensor, values]) => [tensor, Float64Array.from(values)]));
  const oracle = decoderOracle(config, exact, [{ inputIds: ids, labels: ids }]);
  let worst = { tensor: '', error: 0 };
  for (const { name: tensor, gradient } of decoder.parameters) {
    const actual = new Float32Array(await gpu.read(gradient));
    const expected = oracle.gradients.get(tensor)!;
    let difference = 0;
    let norm = 0;
    for (let i = 0; i < expected.length; i++) {
      difference += (actual[i]! - expected[i]!) ** 2;
      norm += expected[i]! ** 2;
    }
    const error = Math.sqrt(difference / norm);
    if (!(error <= worst.error)) worst = { tensor, error };
  }
  console.log(
    `${name}: loss ${loss.toFixed(6)}, off by ${Math.abs(loss / oracle.loss - 1).toExponential(1)}; ` +
      `worst gradient ${worst.tensor}, off by ${worst.error.toExponential(1)} of its norm; ` +
      `first pass with compilation ${seconds.toFixed(1)} s`,
  );
  decoder.release();
}
await gpu.close();
