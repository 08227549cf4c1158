import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rankOf, roundHalfEven } from '../../../src/plan/rank.js';

test('halves go to the even neighbour', () => {
  assert.equal(
    [0.5, 1.5, 2.5, 3.5, -0.5, -1.5].map((value) => roundHalfEven(value)),
    [0, 2, 2, 4, -0, -2],
  );
  assert.equal(
    [0.49999999999999994, 2.4999999, 2.5000001, 7].map((value) => roundHalfEven(value)),
    [0, 2, 3, 7],
  );
});

test('a fraction of a subspace is never less than one direction nor more than all', () => {
  assert.is(rankOf(0.01, 4), 1);
  assert.is(rankOf(0.25, 10), 2);
  assert.is(rankOf(0.35, 10), 4);
  assert.is(rankOf(0.99, 4), 4);
  assert.is(rankOf(1, 7), 7);
});

test('a half is told by the decimal fraction, not by the rounding of a product; published code rounds the product', () => {
  assert.ok(0.575 * 100 < 57.5);
  assert.is(rankOf(0.575, 100), 58);
  assert.is(rankOf(0.575, 100, true), 57);
  // Every fraction of three decimals of ranks up to 300 against integers: k = round(p·r / 1000), halves to even.
  for (let rank = 1; rank <= 300; rank++) {
    for (let mille = 1; mille <= 1000; mille++) {
      const [whole, rest] = [Math.floor((mille * rank) / 1000), (mille * rank) % 1000];
      const rounded = rest === 500 ? whole + (whole % 2) : rest > 500 ? whole + 1 : whole;
      assert.is(rankOf(mille / 1000, rank), Math.max(1, rounded), `${mille / 1000} of ${rank}`);
    }
  }
});

test.run();
