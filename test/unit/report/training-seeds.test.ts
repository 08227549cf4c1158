import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  overTrainingSeeds,
  seedSuffix,
  spreadText,
  trainingBar,
  trainingNote,
  trainingSpread,
} from '../../../src/report/training-seeds.js';

/** Mean and sample standard deviation by their definitions, in plain f64. */
function plain(values: readonly number[]) {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}

const near = (a: number | null, b: number) =>
  assert.ok(a !== null && Math.abs(a - b) <= 1e-14 * Math.abs(b), `${a}, ${b}`);

test('mean and spread over training seeds are those of a plain computation', () => {
  for (const values of [
    [0.1, 0.4],
    [3, 5, 10],
    [1e-9, 2e-9, 4e-9, 8e-9],
    [0.3, 0.31, 0.29, 0.33, 0.27, 0.305],
  ]) {
    const spread = trainingSpread(values)!;
    const { mean, sd } = plain(values);
    near(spread.mean, mean);
    near(spread.sd, sd);
    assert.is(spread.n, values.length);
  }
  assert.equal(trainingSpread([2]), { n: 1, mean: 2, sd: null });
  assert.is(trainingSpread([]), undefined);
  assert.equal(trainingSpread([0.25, 0.25, 0.25]), { n: 3, mean: 0.25, sd: 0 });
});

test('random seeds of one training seed are one value, and rows of no training seed have no spread', () => {
  const rows = [
    { training_seed: 4, value: 1 },
    { training_seed: 4, value: 3 },
    { training_seed: 9, value: 6 },
    { training_seed: null, value: 100 },
  ];
  const mean = (group: typeof rows) => plain(group.map(({ value }) => value)).mean;
  assert.equal(
    overTrainingSeeds(rows, (group) => mean([...group])),
    { n: 2, mean: 4, sd: Math.sqrt(8) },
  );
  assert.is(
    overTrainingSeeds(rows.slice(3), () => 1),
    undefined,
  );
  assert.equal(
    overTrainingSeeds(rows, (group) => (group[0]!.training_seed === 9 ? undefined : 5)),
    { n: 1, mean: 5, sd: null },
  );
});

test('texts say the spread, its n, and that a few seeds give no interval', () => {
  const text = (value: number) => value.toFixed(2);
  const three = trainingSpread([1, 2, 3]);
  assert.is(spreadText(three, text), ' ± 1.00 (3)');
  assert.is(spreadText(trainingSpread([1]), text), ' (1)');
  assert.is(spreadText(undefined, text), '');
  assert.equal(trainingBar(three), { bar: { from: 1, to: 3 } });
  assert.equal(trainingBar(trainingSpread([1])), {});
  assert.match(
    trainingNote([three, undefined]),
    /n = 3 training seeds.*sample standard deviation.*fewer than 5 seeds give no interval/,
  );
  assert.match(trainingNote([trainingSpread([1, 2, 3, 4, 5])]), /n = 5 .*it is no interval/);
  assert.is(trainingNote([undefined]), '');
  assert.is(seedSuffix({ training_seed: 0 }), ', training seed 0');
  assert.is(seedSuffix({ training_seed: null }), '');
});

test.run();
