import { RandomStream } from '../linalg/philox.js';

/** How tokens are drawn. */
export interface Sampling {
  /** Above 0: logits are divided by it. */
  readonly temperature: number;
  /** The smallest set of the likeliest tokens whose probabilities reach it is drawn from; 1: all. */
  readonly topP: number;
  /** Only so many of the likeliest tokens are drawn from; null: all. */
  readonly topK: number | null;
  readonly seed: number;
}

/**
 * Draws a token: temperature, then top-k, then top-p, as in transformers' generation. Of equal logits the lowest tokens
 * count as the likeliest. Computed in f64.
 * @param logits [vocabulary], finite
 * @param uniform in [0, 1)
 */
export function drawToken(logits: Float32Array, { temperature, topP, topK }: Sampling, uniform: number): number {
  const order = Uint32Array.from(logits, (_, token) => token).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const kept = topK === null ? order : order.subarray(0, topK);
  const largest = logits[order[0]!]!;
  const weights = Float64Array.from(kept, (token) => Math.exp((logits[token]! - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let count = 0;
  let mass = 0;
  do mass += weights[count++]!;
  while (count < weights.length && mass < topP * total);
  let left = uniform * mass;
  for (let index = 0; index < count; index++) {
    left -= weights[index]!;
    if (left < 0) return kept[index]!;
  }
  // Rounding may leave a last bit of mass; a token of no probability is never drawn for it.
  return kept[weights.subarray(0, count).findLastIndex((weight) => weight > 0)]!;
}

/** The number in [0, 1) that token `position` of the response to prompt `prompt` is drawn by, whatever runs beside it. */
export function uniformOf(seed: number, prompt: number, position: number): number {
  const words = new Uint32Array(2);
  new RandomStream(seed, `sample/${prompt}`).fill(words, 2 * position);
  return ((words[0]! >>> 5) * 2 ** 26 + (words[1]! >>> 6)) / 2 ** 53;
}
