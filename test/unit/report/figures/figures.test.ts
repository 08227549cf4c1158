import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { axisDomain } from '../../../../src/report/figures/axis-domain.js';
import { labelHeights } from '../../../../src/report/figures/level-labels.js';
import { nearestTo } from '../../../../src/report/statistics.js';
import { rangeText, ratioText, significantText } from '../../../../src/report/wording.js';

test('an axis holds all values and ends at round numbers', () => {
  assert.equal(axisDomain([0.31, 0.58]), [0.3, 0.6]);
  assert.equal(axisDomain([-0.04, 1.03]), [-0.2, 1.2]);
  assert.equal(axisDomain([1234, 5678]), [1000, 6000]);
});

test('an axis reaches an end of the quantity that is near, and passes none', () => {
  const share = { least: 0, most: 1 };
  assert.equal(axisDomain([0.1, 0.98], share), [0, 1]);
  assert.equal(axisDomain([0.31, 0.32], share)[0] > 0.2, true);
  assert.equal(axisDomain([1.02, 4.99], { least: 1, most: 5 }), [1, 5]);
  assert.equal(axisDomain([], share), [0, 1]);
});

test('an axis of equal values, or of none, still has a length', () => {
  for (const values of [[], [0], [1], [-3], [1e-9], [1e9]]) {
    const [low, high] = axisDomain(values);
    assert.ok(low < high && Number.isFinite(low) && Number.isFinite(high), String(values));
  }
  for (const value of [0, 1]) {
    const [low, high] = axisDomain([value], { least: 0, most: 1 });
    assert.ok(low >= 0 && low < high && high <= 1);
  }
});

test('names of levels stand at their lines, and apart', () => {
  assert.equal(labelHeights([100, 20, 60], 14, 0, 200), [100, 20, 60]);
  assert.equal(labelHeights([50, 50, 51], 14, 0, 200), [50, 64, 78]);
  assert.equal(labelHeights([200, 195], 14, 0, 200), [200, 186]);
  assert.equal(labelHeights([], 14, 0, 200), []);
});

test('numbers for reading have a minus sign, and ranges of them no dash', () => {
  assert.equal([-0.25, -0.0001, 0].map(ratioText), ['−0.250', '−1.0 × 10⁻⁴', '0.000']);
  assert.equal([-0.25, -1e-7].map(significantText), ['−0.25', '−1.0 × 10⁻⁷']);
  assert.equal([rangeText(0.1, 0.2), rangeText(-0.1, 0.2)], ['0.100–0.200', '−0.100 to 0.200']);
});

test('the nearest value is found, the first of equals', () => {
  assert.equal([nearestTo(0.5, [0.1, 0.4, 0.6]), nearestTo(0.5, [])], [0.4, undefined]);
});

test.run();
