import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dirichletTail } from '../../../src/eval/dirichlet-tail.js';
import { layerUnits } from '../../../src/eval/layer-units.js';
import { chanceOfMeanAtMost, meanInterval } from '../../../src/eval/mean-interval.js';
import { fewestUnits, medianInterval, medianOf } from '../../../src/eval/median-interval.js';

const shares = (ones: number, n: number) => Array.from({ length: n }, (_, item) => (item < ones ? 1 : 0));
const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

test('of zeros and ones the interval is that of Clopper and Pearson', () => {
  // scipy 1.17: beta.ppf(tail, k, n − k + 1) and beta.isf(tail, k + 1, n − k).
  const expected: readonly (readonly [k: number, n: number, tail: number, low: number, high: number])[] = [
    [0, 1, 0.025, 0, 0.975],
    [1, 1, 0.025, 0.025, 1],
    [0, 5, 0.025, 0, 0.5218237501049815],
    [5, 5, 0.025, 0.4781762498950185, 1],
    [1, 5, 0.025, 0.0050507633794680575, 0.7164179361180896],
    [3, 8, 0.025, 0.08523341413725354, 0.7551367836334484],
    [1, 200, 0.025, 0.00012658102786701825, 0.027541898457205626],
    [200, 200, 0.025, 0.9817246596448638, 1],
    [10, 2000, 0.025, 0.0024002197556657725, 0.00917589507001979],
    [1990, 2000, 0.025, 0.9908241049299802, 0.9975997802443343],
    [500, 1000, 1e-4, 0.44091927610355663, 0.5590807238964434],
    [2, 6, 5e-4, 0.00581852256695631, 0.9215161589966092],
  ];
  for (const [k, n, tail, low, high] of expected) {
    const interval = meanInterval(shares(k, n), [0, 1], tail);
    near(interval.low, low, 1e-11);
    near(interval.high, high, 1e-11);
  }
});

test('chances far out in a tail keep their digits', () => {
  // mpmath 1.3, 40 digits: the regularised incomplete beta function at (a, b, t): the chance of the ones' share.
  const betaTails = [
    [1, 5, 0.01, 0.0490099501],
    [40, 12, 0.3, 1.2912979085769879e-12],
    [900, 300, 0.6, 3.4260929558707223e-28],
    [3, 2000, 1e-6, 1.333333599611325e-9],
    [1500, 2, 0.98, 2.1403028637450212e-12],
  ] as const;
  for (const [a, b, t, chance] of betaTails) {
    const found = dirichletTail([{ value: 1, count: a }, { value: 0, count: b }], t); // biome-ignore format: two values
    near(found / chance, 1, 1e-9);
  }
});

test('where all scores agree, the interval is that of another score, times how far the score could go', () => {
  const another = 1 - 0.025 ** (1 / 3);
  near(meanInterval([1, 1, 1], [1, 5], 0.025).high, 1 + 4 * another, 1e-11);
  assert.is(meanInterval([1, 1, 1], [1, 5], 0.025).low, 1);
  near(meanInterval([5, 5, 5], [1, 5], 0.025).low, 5 - 4 * another, 1e-11);
  const middle = meanInterval([3, 3, 3], [1, 5], 0.025);
  near(middle.low, 3 - 2 * another, 1e-11);
  near(middle.high, 3 + 2 * another, 1e-11);
});

test('scores between the bounds have the interval of their weights’ distribution', () => {
  // Quantiles of W·(1, x) and W·(x, 5), W uniform on the simplex: mpmath 1.3, 200 digits, from divided differences.
  const fivePoint: readonly (readonly [values: readonly number[], low: number, high: number])[] = [
    [[1, 1, 3, 5, 2, 2], 1.3817074841193406, 3.8828636727657875],
    [[4, 4, 4, 4, 5], 2.5194870523377473, 4.716417936115589],
    [[1, 2, 3, 4, 5, 5, 5, 1, 1, 2], 1.8467761190813192, 4.022448620441038],
    [[2, 2, 2, 4], 1.5233175696970123, 4.09358738079161],
  ];
  for (const [values, low, high] of fivePoint) {
    const interval = meanInterval(values, [1, 5], 0.025);
    near(interval.low, low, 1e-9);
    near(interval.high, high, 1e-9);
  }
});

test('an end of the interval is where the chance of the values reaches the level', () => {
  const values = [0.1, 0.3, 0.35, 0.35, 0.8];
  const { low } = meanInterval(values, [0, 1], 0.01);
  near(chanceOfMeanAtMost(values, [0, 1], low), 0.01, 1e-10);
  assert.is(chanceOfMeanAtMost(values, [0, 1], 0), 0);
  assert.is(chanceOfMeanAtMost(values, [0, 1], 1), 1);
});

test('turned around, shifted and stretched values have the interval turned, shifted and stretched', () => {
  const values = [0, 0.25, 0.25, 1, 0.5, 0.75];
  const { low, high } = meanInterval(values, [0, 1], 0.025);
  const other = meanInterval(
    values.map((value) => 3 - 8 * value),
    [-5, 3],
    0.025,
  );
  near(other.low, 3 - 8 * high, 1e-10);
  near(other.high, 3 - 8 * low, 1e-10);
});

test('a value beyond the bounds is an error, not an interval', () => {
  assert.throws(() => meanInterval([0.5, 1.5], [0, 1], 0.025), /1\.5 does not lie between 0 and 1/);
  assert.throws(() => meanInterval([Number.NaN], [0, 1], 0.025), /NaN does not lie/);
});

test('the interval of a median is between order statistics of the sign test', () => {
  // scipy 1.17, binom.cdf(k − 1, n, 0.5) ≤ tail: of 20 at .025 the 6th from either end, of 100 the 40th.
  const upTo = (n: number) => Array.from({ length: n }, (_, at) => ((at * 7) % n) + 1);
  assert.equal(medianInterval(upTo(20), 0.025), { low: 6, high: 15 });
  assert.equal(medianInterval(upTo(100), 0.025), { low: 40, high: 61 });
  assert.equal(medianInterval(upTo(2001), 1e-6), { low: 894, high: 1108 });
  assert.equal(medianInterval([1, 2, 3, 4, 5], 0.025), { low: null, high: null });
  assert.equal(medianInterval([0, 0, 0, 0, 0, 1], 0.025), { low: 0, high: 1 });
});

test('the fewest units that decide anything follow from the level', () => {
  assert.equal([1, 2, 3, 12, 48].map((cases) => fewestUnits(0.025 / cases)), [6, 7, 7, 9, 11]); // biome-ignore format: one line
  for (const cases of [1, 12, 48]) {
    const tail = 0.025 / cases;
    const few = fewestUnits(tail);
    assert.is(medianInterval(new Float64Array(few), tail).low, 0);
    assert.is(medianInterval(new Float64Array(few - 1), tail).low, null);
  }
});

test('medians of odd and even counts', () => {
  assert.equal([medianOf([3, 1, 2]), medianOf([4, 1, 3, 2]), medianOf([7])], [2, 2.5, 7]);
});

test('layers alternate between series, each the median of its tensors, in the order of their numbers', () => {
  const measured = new Map([
    ['model.layers.10.mlp.up_proj.weight', 10],
    ['model.layers.2.mlp.up_proj.weight', 1],
    ['model.layers.2.self_attn.q_proj.weight', 2],
    ['model.layers.2.self_attn.k_proj.weight', 9],
    ['model.embed_tokens.weight', -5],
  ]);
  assert.equal(layerUnits(measured).series, [[-5, 10], [2]]);
  assert.equal(layerUnits(new Map([['4', 4], ['5', 5]])).series, [[4], [5]]); // biome-ignore format: two layers
  assert.equal(layerUnits(new Map([['a', 4], ['b', 5]])).series, [[4, 5]]); // biome-ignore format: two tensors
});

test.run();
