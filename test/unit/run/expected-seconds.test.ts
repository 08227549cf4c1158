import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expectedSeconds, noneExpected, withExpected } from '../../../src/run/expected-seconds.js';

const named = { name: 'exp3 toy train[base]', kind: 'train' };
const svd = (cost: number) => ({ name: 'exp3 toy svd[w]', kind: 'svd', cost });

test('where nothing is known nothing is claimed', () => {
  assert.equal(expectedSeconds({ kinds: {}, steps: {} }, named), { least: 0 });
  assert.equal(expectedSeconds({ kinds: {}, steps: {} }, svd(10)), { least: 0 });
  assert.equal(expectedSeconds({ kinds: {}, steps: {} }, { ...named, name: 'constructor' }), { least: 0 });
});

test('a step without a cost takes about as long as the same step did, and another of its kind tells nothing', () => {
  const known = { kinds: {}, steps: { 'exp3 toy train[base]': 10 } };
  assert.equal(expectedSeconds(known, named), { least: 5, most: 20 });
  assert.equal(expectedSeconds(known, { ...named, name: 'exp3 llama train[base]' }), { least: 0 });
});

test('the more steps of like cost are known, the narrower the range, which holds them all in proportion', () => {
  let width = Number.POSITIVE_INFINITY;
  for (const count of [1, 4, 16, 64]) {
    const samples = Array.from({ length: count }, (_, index) => [100 + index, 2 * (100 + index)] as const);
    const { least, most } = expectedSeconds({ kinds: { svd: samples }, steps: {} }, svd(200));
    assert.ok(least <= 400 && 400 <= most!, `${least} to ${most}`);
    assert.ok(most! - least < width, `${count}: ${most! - least} after ${width}`);
    width = most! - least;
  }
  const spread = expectedSeconds({ kinds: { svd: [[100, 1], [100, 9]] }, steps: {} }, svd(100)); // biome-ignore format: one line
  assert.ok(spread.least < 1 && spread.most! > 9);
});

test('steps of quite another cost only bound it', () => {
  const known = { kinds: { svd: [[1, 0.5], [2, 0.3], [1000, 40]] as const }, steps: {} }; // biome-ignore format: one line
  assert.equal(expectedSeconds(known, svd(50)), { least: 0.3, most: 40 });
  assert.equal(expectedSeconds(known, svd(1e6)), { least: 0.3 });
  assert.equal(expectedSeconds(known, svd(0.01)), { least: 0, most: 40 });
});

test('a cost of nothing gives numbers', () => {
  const known = { kinds: { svd: [[0, 0.5], [3, 1]] as const }, steps: {} }; // biome-ignore format: one line
  assert.equal(expectedSeconds(known, svd(0)), { least: 0.5, most: 1 });
});

test('a total is what its steps were, and never below nothing', () => {
  const one = withExpected(noneExpected, { least: 1, most: 2 });
  const two = withExpected(one, { least: 3 });
  assert.equal(two, { steps: 2, least: 4, most: 2, unknown: 1 });
  assert.equal(withExpected(two, { least: 3 }, -1), one);
  assert.equal(withExpected(noneExpected, { least: 3 }, -1), noneExpected);
});

test.run();
