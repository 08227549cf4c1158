import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { numpyPermutation } from '../../../src/data/numpy-random.js';

// numpy.random.default_rng(seed).permutation(n).tolist(), numpy 1.24
const published: [seed: number, n: number, order: number[]][] = [
  [0, 10, [4, 6, 2, 7, 3, 5, 9, 0, 8, 1]],
  [42, 12, [0, 7, 6, 9, 11, 3, 5, 2, 4, 10, 1, 8]],
  [123456789012, 7, [3, 4, 6, 0, 5, 2, 1]],
  [1, 1, [0]],
  [5, 0, []],
];

for (const [seed, n, order] of published) {
  test(`the order of ${n} rows under seed ${seed} is numpy's`, () => {
    assert.equal([...numpyPermutation(seed, n)], order);
  });
}

test('a long order agrees with numpy at both ends and in a weighted sum', () => {
  const order = numpyPermutation(42, 100003);
  assert.equal([...order.slice(0, 5)], [28963, 51751, 46627, 14169, 62747]);
  assert.equal([...order.slice(-5)], [34957, 70338, 5668, 22113, 75400]);
  const sum = order.reduce((total, value, index) => total + BigInt(value) * BigInt(index + 1), 0n);
  assert.is(sum % 1000003n, 320056n);
});

test.run();
