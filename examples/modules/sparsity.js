import { readFileSync } from 'node:fs';

/**
 * Scores a model by the share of its weights that an update from `base` moves by less than a tenth of the update's root mean
 * square. Weights are F32 here.
 *
 * @type {import('runflow').MetricModule}
 */
export default function sparsity({ model, models }) {
  const [after, before] = [weights(model), weights(models.base)];
  const change = after.map((value, at) => value - before[at]);
  const size = Math.sqrt(change.reduce((sum, value) => sum + value * value, 0) / change.length);
  const small = change.filter((value) => Math.abs(value) < 0.1 * size).length;
  return [{ share: small / change.length, size }];
}

/** All numbers of a Hugging Face folder's weights, in the order of their file. */
function weights(folder) {
  const bytes = readFileSync(`${folder}/model.safetensors`);
  const header = Number(bytes.readBigUInt64LE(0));
  const data = bytes.subarray(8 + header);
  return Array.from({ length: data.length / 4 }, (_, at) => data.readFloatLE(4 * at));
}
