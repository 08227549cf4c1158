import type { Sampling } from '../formats/response-choices.js';
import { RandomStream } from '../linalg/philox.js';

/** Part of the mass that rounding may cost: of ten equally likely tokens seven have .7 of it. */
const massTolerance = 1e-12;

/**
 * Draws a token: temperature, then top-k, then top-p, as in transformers' generation. Of equal logits the lowest tokens
 * count as the likeliest. Computed in f64. Vocabularies are large and this is done for every token: plain loops, and only
 * tokens that may be drawn are put in order.
 * @param logits [vocabulary], finite
 * @param uniform in [0, 1)
 */
export function drawToken(logits: Float32Array, { temperature, topP, topK }: Sampling, uniform: number): number {
  const weights = weightsOf(logits, temperature);
  const least = topK === null || topK >= logits.length ? Number.NEGATIVE_INFINITY : kthLargest(logits, topK);
  let total = 0;
  for (let token = 0; token < logits.length; token++) {
    if (logits[token]! >= least) total += weights[token]!;
    else weights[token] = 0;
  }
  if (topK === null && topP === 1) return drawFrom(allTokens(logits), weights, uniform * total);
  // Tokens of a smaller weight have less than 1 - topP of the probability even together: top-p needs none of them.
  const small = topK === null ? ((1 - topP) * total) / logits.length : 0;
  const tokens = inOrder(
    allTokens(logits).filter((token) => weights[token]! > 0 && weights[token]! >= small),
    logits,
  ).subarray(0, topK ?? logits.length);
  const kept = topK === null ? total : tokens.reduce((sum, token) => sum + weights[token]!, 0);
  let count = 0;
  let mass = 0;
  do mass += weights[tokens[count++]!]!;
  while (count < tokens.length && mass < topP * kept * (1 - massTolerance));
  return drawFrom(tokens.subarray(0, count), weights, uniform * mass);
}

/** Probabilities times a factor; the largest is 1. */
function weightsOf(logits: Float32Array, temperature: number): Float64Array {
  let largest = logits[0]!;
  for (let token = 1; token < logits.length; token++) largest = Math.max(largest, logits[token]!);
  const weights = new Float64Array(logits.length);
  for (let token = 0; token < logits.length; token++)
    weights[token] = Math.exp((logits[token]! - largest) / temperature);
  return weights;
}

function kthLargest(logits: Float32Array, k: number): number {
  return logits.slice().sort()[logits.length - k]!;
}

function allTokens(logits: Float32Array): Uint32Array {
  const tokens = new Uint32Array(logits.length);
  for (let token = 0; token < tokens.length; token++) tokens[token] = token;
  return tokens;
}

/** The likeliest first, of equal ones the lowest. */
function inOrder(tokens: Uint32Array, logits: Float32Array): Uint32Array {
  return tokens.sort((a, b) => logits[b]! - logits[a]! || a - b);
}

/** The token in whose share `left`, a part of the mass of all tokens, falls. */
function drawFrom(tokens: Uint32Array, weights: Float64Array, left: number): number {
  let last = 0;
  for (const token of tokens) {
    if (weights[token] === 0) continue;
    last = token;
    left -= weights[token]!;
    if (left < 0) return token;
  }
  // Rounding may leave a last bit of mass.
  return last;
}

/** The number in [0, 1) that token `position` of the response to prompt `prompt` is drawn by, whatever runs beside it. */
export function uniformOf(seed: number, prompt: number, position: number): number {
  const words = new Uint32Array(2);
  new RandomStream(seed, `sample/${prompt}`).fill(words, 2 * position);
  return ((words[0]! >>> 5) * 2 ** 26 + (words[1]! >>> 6)) / 2 ** 53;
}
