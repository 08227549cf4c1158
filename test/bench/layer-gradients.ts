/**
 * One decoder layer of each real model at its true shapes, against the f64 oracle: loss, every gradient (by norm) and time.
 *   node dist/test/bench/layer-gradients.js [profile…]
 * The vocabulary is cut to 512 tokens and the batch to 6 tokens, so that the oracle takes seconds. Needs up to 6 GB.
 */
import { architectureTensors } from '../../src/formats/architecture.js';
import { openGpu } from '../../src/gpu/open-gpu.js';
import type { DecoderConfig } from '../../src/nn/config.js';
import { Decoder } from '../../src/nn/decoder.js';
import { decoderOracle } from '../oracles/nn/decoder.js';
import { layerProfiles } from './layer-profiles.js';

const ids = [3, 200, 17, 511, 42, 8];
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(layerProfiles);

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
    layers: 1,
    attentionBias: false,
    mlpBias: false,
    normEpsilon: 1e-6,
    contextLength: 4096,
    endTokens: [],
    ...layerProfiles[name]!,
    vocabulary: 512,
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
