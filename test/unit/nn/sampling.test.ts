import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drawToken, uniformOf } from '../../../src/nn/sampling.js';

const logits = Float32Array.of(0.5, 2, -1, 2, 0, -40, 1);
const all = { temperature: 1, topP: 1, topK: null, seed: 3 };

/** Probabilities in f64 of the tokens that may be drawn. */
function probabilities(kept: readonly number[], temperature: number): number[] {
  const weights = [...logits].map((logit, token) => (kept.includes(token) ? Math.exp(logit / temperature) : 0));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

/** Pearson's statistic against its 99.9 % quantile at 5 degrees of freedom or fewer. */
function agrees(options: Parameters<typeof drawToken>[1], expected: readonly number[]): void {
  const draws = 20_000;
  const counts = new Array(logits.length).fill(0);
  for (let i = 0; i < draws; i++) counts[drawToken(logits, options, uniformOf(options.seed, i % 100, i))]++;
  let statistic = 0;
  expected.forEach((p, token) => {
    if (p * draws < 1) assert.ok(counts[token] <= 1, `token ${token} was drawn ${counts[token]} times`);
    else statistic += (counts[token] - p * draws) ** 2 / (p * draws);
  });
  assert.ok(statistic < 20.5, `χ² = ${statistic}: ${counts}`);
}

test('tokens are drawn as often as they are likely, at every temperature', () => {
  const everything = [0, 1, 2, 3, 4, 5, 6];
  agrees(all, probabilities(everything, 1));
  agrees({ ...all, temperature: 0.5 }, probabilities(everything, 0.5));
  agrees({ ...all, temperature: 3 }, probabilities(everything, 3));
});

test('top-k keeps the k likeliest, of equal ones the lowest tokens', () => {
  agrees({ ...all, topK: 3 }, probabilities([1, 3, 6], 1));
  agrees({ ...all, topK: 1 }, probabilities([1], 1));
  agrees({ ...all, topK: 99 }, probabilities([0, 1, 2, 3, 4, 5, 6], 1));
});

test('top-p keeps the smallest set of likeliest tokens that reaches it, at least one', () => {
  // Probabilities .36 .36 .13 .08 .05 .02 0
  agrees({ ...all, topP: 0.7 }, probabilities([1, 3], 1));
  agrees({ ...all, topP: 0.73 }, probabilities([1, 3, 6], 1));
  agrees({ ...all, topP: 1e-9 }, probabilities([1], 1));
  agrees({ ...all, topP: 0.9, topK: 2 }, probabilities([1, 3], 1));
});

test('of equally likely tokens, top-p keeps the share that it names', () => {
  assert.ok(0.07 * 100 > 7);
  const equal = new Float32Array(100);
  const drawn = new Set(Array.from({ length: 2000 }, (_, i) => drawToken(equal, { ...all, topP: 0.07 }, i / 2000)));
  assert.equal(drawn, new Set([0, 1, 2, 3, 4, 5, 6]));
});

test('a large vocabulary gives the tokens of the definition: everything sorted, cut, and drawn from', () => {
  const many = Float32Array.from({ length: 5000 }, (_, i) => Math.round(40 * uniformOf(9, 0, i)) / 4);
  for (const { temperature, topP, topK } of [
    { temperature: 0.3, topP: 0.9, topK: null },
    { temperature: 2, topP: 0.5, topK: null },
    { temperature: 1, topP: 1, topK: 40 },
    { temperature: 1.5, topP: 0.7, topK: 300 },
  ]) {
    const sorted = [...many.keys()].sort((a, b) => many[b]! - many[a]! || a - b).slice(0, topK ?? many.length);
    const mass = (tokens: readonly number[]) =>
      tokens.reduce((sum, token) => sum + Math.exp(many[token]! / temperature), 0);
    let count = 1;
    while (topP < 1 && mass(sorted.slice(0, count)) < topP * mass(sorted)) count++;
    const kept = topP < 1 ? sorted.slice(0, count) : sorted;
    const drawn = new Set<number>();
    for (let i = 0; i < 400; i++) drawn.add(drawToken(many, { temperature, topP, topK, seed: 0 }, (i + 0.5) / 400));
    assert.ok([...drawn].every((token) => kept.includes(token)));
    // The last of the order is drawn at the upper end of the interval.
    assert.is(drawToken(many, { temperature, topP, topK, seed: 0 }, 1 - 2 ** -53), kept.at(-1));
  }
});

test('the ends of the unit interval draw tokens that can be drawn', () => {
  assert.is(drawToken(logits, all, 0), 0);
  assert.is(drawToken(logits, { ...all, topK: 3 }, 0), 1);
  assert.is(drawToken(logits, all, 1 - 2 ** -53), 6);
  assert.is(drawToken(logits, { ...all, topP: 0.9 }, 1 - 2 ** -53), 0);
  assert.is(drawToken(Float32Array.of(0, -1000), { ...all, temperature: 0.1 }, 1 - 2 ** -53), 0);
  assert.is(drawToken(Float32Array.of(3e38, -3e38), all, 0.999), 0);
});

test('a number depends on seed, prompt and position only', () => {
  const seen = new Set([uniformOf(1, 0, 0), uniformOf(2, 0, 0), uniformOf(1, 1, 0), uniformOf(1, 0, 1)]);
  assert.is(seen.size, 4);
  assert.is(uniformOf(1, 0, 1), uniformOf(1, 0, 1));
});

test.run();
