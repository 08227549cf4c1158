import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scoreDifference } from '../../../src/history/score-difference.js';

const shares = (...values: (number | null)[]) => ({ values, bounds: [0, 1] as const });

/** Clopper and Pearson's lower end for k of n, by the binomial tail itself. */
function lowerEnd(k: number, n: number, tail: number): number {
  const atLeast = (p: number) => {
    let sum = 0;
    for (let j = k; j <= n; j++) {
      let choose = 1;
      for (let i = 0; i < j; i++) choose = (choose * (n - i)) / (i + 1);
      sum += choose * p ** j * (1 - p) ** (n - j);
    }
    return sum;
  };
  let [low, high] = [0, 1];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (atLeast(middle) > tail) high = middle;
    else low = middle;
  }
  return k === 0 ? 0 : low;
}

test('of other items each mean has its own interval at half the error', () => {
  const [a, b] = [shares(1, 0, 0, 0, 1, 0), shares(1, 1, 1, 0, 1, 1, 1, 1, 0, 1)];
  const { difference, low, high, method } = scoreDifference(a, b, false);
  assert.ok(Math.abs(difference! - (0.8 - 2 / 6)) < 1e-15);
  assert.is(method, 'unpaired, 6 and 10 items');
  const [lowA, highA] = [lowerEnd(2, 6, 0.0125), 1 - lowerEnd(4, 6, 0.0125)];
  const [lowB, highB] = [lowerEnd(8, 10, 0.0125), 1 - lowerEnd(2, 10, 0.0125)];
  assert.ok(Math.abs(low! - (lowB - highA)) < 1e-9);
  assert.ok(Math.abs(high! - (highB - lowA)) < 1e-9);
});

test('of the same items it is the mean of the differences, and what is hard for both cancels', () => {
  const before = shares(...Array.from({ length: 40 }, (_, index) => index % 2));
  const after = shares(...before.values.map((value, index) => (index < 8 ? 1 : value)));
  const paired = scoreDifference(before, after, true);
  assert.is(paired.method, 'paired over 40 items');
  assert.ok(Math.abs(paired.difference! - 0.1) < 1e-15);
  assert.ok(paired.low! < 0.1 && paired.high! > 0.1);
  const unpaired = scoreDifference(before, after, false);
  assert.ok(paired.high! - paired.low! < unpaired.high! - unpaired.low!);
  const opposite = scoreDifference(after, before, true);
  assert.ok(Math.abs(opposite.low! + paired.high!) < 1e-12 && Math.abs(opposite.high! + paired.low!) < 1e-12);
});

test('items that are invalid in a run are left out of the pairs, and counted', () => {
  const { difference, method } = scoreDifference(shares(0, null, 1), shares(1, 1, null), true);
  assert.equal([difference, method], [1, 'paired over 1 items, 2 invalid in a run left out']);
});

test('there is no interval where none can be known, and the method says why', () => {
  const loss = { values: [2, 3], weights: [1, 3], bounds: null };
  const cases = [
    [loss, { ...loss, values: [1, 2] }, -1, 'no interval: nothing bounds the scores'],
    [
      { ...shares(0, 1), weights: [1, 3] },
      { ...shares(1, 0), weights: [1, 3] },
      -0.5,
      'no interval: items count differently',
    ],
    [{ ...shares(0), mean: 'exponential' as const }, shares(1), 0, 'no interval: it is no plain mean'],
    [shares(null), shares(1), null, 'no interval: a run has no valid score'],
    [shares(null, 1), shares(1, null), 0, 'no interval: no item is valid in both runs'],
  ] as const;
  for (const [before, after, difference, method] of cases) {
    assert.equal(scoreDifference(before, after, true), { difference, low: null, high: null, method });
  }
});

test('an interval of 95 % misses the true difference in at most 5 % of the draws', () => {
  let state = 7;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  for (const sameItems of [true, false]) {
    let missed = 0;
    const draws = 300;
    for (let draw = 0; draw < draws; draw++) {
      const items = Array.from({ length: 25 }, () => {
        const hard = uniform();
        return [Number(hard < 0.4 || uniform() < 0.1), Number(hard < 0.6)] as const;
      });
      const { low, high } = scoreDifference(
        shares(...items.map(([a]) => a)),
        shares(...items.map(([, b]) => b)),
        sameItems,
      );
      if (0.14 < low! || 0.14 > high!) missed += 1;
    }
    assert.ok(missed <= draws * 0.05, `${missed} of ${draws}`);
  }
});

test.run();
