import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { divergence } from '../../../src/eval/divergence.js';
import { RandomStream } from '../../../src/linalg/philox.js';

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

test('the divergence of two distributions of two tokens is the formula', () => {
  for (const [p, q] of [
    [0.5, 0.25],
    [0.9, 0.1],
    [1e-9, 0.5],
    [0.3, 0.3],
  ] as const) {
    const logits = (x: number) => [Math.log(x) + 7, Math.log1p(-x) + 7];
    const expected = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
    near(divergence(logits(p), logits(q)), expected, 1e-14);
  }
});

test('equal rows diverge by exactly nothing, wherever their logits lie', () => {
  for (const shift of [0, -1e4, 300]) {
    const row = Float32Array.from({ length: 1001 }, (_, i) => shift + Math.sin(i) * 20);
    assert.is(divergence(row, row), 0);
  }
});

test('a uniform model diverges from a sure reference by ln n, and a reference from a shifted row by rounding alone', () => {
  const sure = Float64Array.from({ length: 501 }, (_, i) => (i === 3 ? 800 : 0));
  near(divergence(sure, new Float64Array(501)), Math.log(501), 1e-13);
  const row = Float64Array.from({ length: 501 }, (_, i) => Math.cos(i));
  const shifted = row.map((x) => x + 64);
  assert.ok(divergence(row, shifted) < 1e-14);
});

test('a tiny change gives half the variance of the logits, not rounding', () => {
  // KL(p ‖ p·e^{εd}/Z) = ε²/2 Var_p(d) + O(ε³)
  const n = 2003;
  const p = Float64Array.from({ length: n }, (_, i) => Math.sin(i * 1.7) * 4);
  const d = Float64Array.from({ length: n }, (_, i) => Math.cos(i * 0.3));
  const weights = p.map((x) => Math.exp(x));
  const total = weights.reduce((sum, x) => sum + x, 0);
  const mean = weights.reduce((sum, w, i) => sum + w * d[i]!, 0) / total;
  const variance = weights.reduce((sum, w, i) => sum + w * (d[i]! - mean) ** 2, 0) / total;
  for (const epsilon of [1e-2, 1e-4, 1e-5]) {
    const q = p.map((x, i) => x + epsilon * d[i]!);
    near(divergence(p, q) / ((epsilon * epsilon * variance) / 2), 1, Math.max(10 * epsilon, 2e-14 / epsilon ** 2));
  }
});

test('no pair of rows diverges by less than nothing', () => {
  const words = new Uint32Array(4096);
  new RandomStream(5, 'divergence').fill(words);
  let next = 0;
  for (let trial = 0; trial < 200; trial++) {
    const n = 2 + (trial % 7);
    const row = () => Float32Array.from({ length: n }, () => (words[next++]! / 2 ** 32) * 30 - 15);
    assert.ok(divergence(row(), row()) >= 0);
  }
});

test.run();
