import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrap, bootstrapMean, bootstrapPairedDifference } from '../../../src/eval/bootstrap.js';
import { fillNormal } from '../../../src/linalg/normal.js';
import { RandomStream } from '../../../src/linalg/philox.js';

const options = { seed: 1, stream: 'test' };

function normals(count: number, name: string): number[] {
  const values = new Float64Array(count);
  fillNormal(new RandomStream(7, name), values);
  return [...values];
}

test('the interval of a mean has the width that theory gives it', () => {
  const values = normals(400, 'width');
  const mean = values.reduce((sum, value) => sum + value, 0) / 400;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400);
  const estimate = bootstrapMean(values, options);
  const half = (1.959964 * deviation) / Math.sqrt(400);
  assert.ok(Math.abs(estimate.value - mean) < 1e-12);
  assert.is(estimate.n, 400);
  assert.ok(Math.abs(estimate.low! - (mean - half)) < 0.1 * half, `${estimate.low} and ${mean - half}`);
  assert.ok(Math.abs(estimate.high! - (mean + half)) < 0.1 * half, `${estimate.high} and ${mean + half}`);
});

test('about 19 of 20 intervals hold the truth', () => {
  const trials = 400;
  let held = 0;
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = bootstrapMean(normals(40, `trial ${trial}`), { ...options, resamples: 400 });
    if (low! <= 0 && high! >= 0) held++;
  }
  // A percentile interval of 40 units holds a little less than it says; three standard errors are 3.3 %.
  assert.ok(held / trials > 0.9 && held / trials < 0.985, `${held} of ${trials}`);
});

test('the same seed and stream give the same interval, another of either gives another', () => {
  const values = normals(50, 'seeds');
  const interval = (changed: object) => JSON.stringify(bootstrapMean(values, { ...options, ...changed }));
  assert.is(interval({}), interval({}));
  assert.is.not(interval({}), interval({ seed: 2 }));
  assert.is.not(interval({}), interval({ stream: 'other' }));
});

test('a lower confidence gives a narrower interval', () => {
  const values = normals(50, 'confidence');
  const narrow = bootstrapMean(values, { ...options, confidence: 0.5 });
  const wide = bootstrapMean(values, { ...options, confidence: 0.99 });
  assert.ok(wide.low! < narrow.low! && narrow.high! < wide.high!);
});

test('a paired difference is as certain as its differences, however much the pairs vary', () => {
  const a = normals(200, 'pairs').map((value) => 10 * value);
  const shifted = normals(200, 'shift').map((value, index) => a[index]! - 0.5 + 0.1 * value);
  const { value, low, high } = bootstrapPairedDifference(a, shifted, options);
  assert.ok(Math.abs(value - 0.5) < 0.05);
  assert.ok(high! - low! < 0.06, `${low} to ${high}`);
  const alone = bootstrapMean(a, options);
  assert.ok(alone.high! - alone.low! > 2);
  assert.throws(() => bootstrapPairedDifference([1], [1, 2], options), /1 and 2 numbers make no pairs/);
});

test('groups are drawn each on its own', () => {
  const seen = new Set<string>();
  const { n } = bootstrap(
    [3, 2],
    ([units, seeds]) => {
      assert.is(units!.length, 3);
      assert.is(seeds!.length, 2);
      for (const at of units!) assert.ok(at < 3);
      for (const at of seeds!) assert.ok(at < 2);
      seen.add(`${units} ${seeds}`);
      return units![0]! + seeds![0]!;
    },
    options,
  );
  assert.is(n, 3);
  assert.is(seen.size, 27 * 4, 'every draw there is');
});

test('one unit has no interval, and none at all is an error', () => {
  assert.equal(bootstrapMean([3], options), { value: 3, low: null, high: null, n: 1 });
  assert.throws(() => bootstrapMean([], options), /a group to draw from is empty/);
});

test('draws for which a statistic is not defined widen the interval until it has no end', () => {
  const ratio = (zeros: number) => {
    const values = Array.from({ length: 20 }, (_, index) => (index < zeros ? 0 : 1));
    return bootstrap(
      [20],
      ([drawn]) => {
        const sum = [...drawn!].reduce((total, at) => total + values[at]!, 0);
        return sum < 3 ? Number.NaN : 1 / sum;
      },
      options,
    );
  };
  assert.ok(ratio(0).high !== null);
  assert.equal([ratio(18).low, ratio(18).high], [null, null]);
});

test.run();
