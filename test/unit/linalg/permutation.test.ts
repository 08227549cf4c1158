import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { permutation } from '../../../src/linalg/permutation.js';

test('a permutation holds every index once and depends on its size, seed and stream', () => {
  for (const n of [0, 1, 2, 100]) {
    const order = [...permutation(n, { seed: 3, stream: 'w' })];
    assert.equal(
      [...order].sort((a, b) => a - b),
      Array.from({ length: n }, (_, i) => i),
    );
  }
  const text = (seed: number, stream: string) => permutation(20, { seed, stream }).join();
  assert.is(new Set([text(1, 'a'), text(2, 'a'), text(1, 'b')]).size, 3);
  assert.is(text(1, 'a'), text(1, 'a'));
});

test('all orders of four are equally likely', () => {
  const draws = 4800;
  const counts = new Map<string, number>();
  for (let seed = 0; seed < draws; seed++) {
    const order = permutation(4, { seed, stream: 'uniform' }).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.is(counts.size, 24);
  const expected = draws / 24;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chiSquare < 49.7, `χ² with 23 degrees of freedom is ${chiSquare}; beyond 49.7 one time in a thousand`);
});

test.run();
