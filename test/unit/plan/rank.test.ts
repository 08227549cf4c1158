import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rankOf, roundHalfEven } from '../../../src/plan/rank.js';

test('halves go to the even neighbour', () => {
  assert.equal([0.5, 1.5, 2.5, 3.5, -0.5, -1.5].map(roundHalfEven), [0, 2, 2, 4, -0, -2]);
  assert.equal([0.49999999999999994, 2.4999999, 2.5000001, 7].map(roundHalfEven), [0, 2, 3, 7]);
});

test('a fraction of a subspace is never less than one direction nor more than all', () => {
  assert.is(rankOf(0.01, 4), 1);
  assert.is(rankOf(0.25, 10), 2);
  assert.is(rankOf(0.35, 10), 4);
  assert.is(rankOf(0.99, 4), 4);
  assert.is(rankOf(1, 7), 7);
});

test.run();
