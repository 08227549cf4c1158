import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { energyRankPairs, runningEnergies, runningSums, staircase } from '../../../src/linalg/overlap-staircase.js';
import { energyRank } from '../../../src/report/overlap-table.js';
import { gaussian } from '../../oracles/matrices.js';

const spectra: Record<string, number[]> = {
  flat: [1, 1, 1, 1, 1, 1],
  steep: [1, 0.1, 0.01, 1e-3, 1e-9, 0],
  'rank one': [2, 0, 0],
  single: [5],
  'power law': Array.from({ length: 40 }, (_, i) => (i + 1) ** -0.7),
};

test('every pair of η-energy ranks that some η reaches is in the staircase, and no other', () => {
  for (const [nameA, a] of Object.entries(spectra)) {
    for (const [nameB, b] of Object.entries(spectra)) {
      const [energyA, energyB] = [runningEnergies(Float64Array.from(a)), runningEnergies(Float64Array.from(b))];
      const reached = new Set<string>();
      const ratios = [energyA, energyB].flatMap((sums) => sums.map((sum) => sum / sums.at(-1)!));
      const grid = Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000);
      for (const eta of [...ratios, ...ratios.map((ratio) => ratio - 1e-12), ...grid]) {
        if (eta > 0) reached.add(`${energyRank(energyA, eta)},${energyRank(energyB, eta)}`);
      }
      const pairs = energyRankPairs(energyA, energyB).map(({ kA, kB }) => `${kA},${kB}`);
      assert.equal(new Set(pairs), reached, `${nameA} and ${nameB}`);
      assert.is(pairs.length, reached.size);
      assert.ok(pairs.length <= a.length + b.length);
    }
  }
});

test('a zero update has no ranks to compare', () => {
  assert.equal(energyRankPairs([0, 0], [1, 2]), []);
  assert.equal(energyRankPairs([1], [0]), []);
});

test('the staircase holds the squares of every leading block', () => {
  const m = Float32Array.from(gaussian(12, 9, 'staircase').data);
  const pairs = [
    { kA: 1, kB: 1 },
    { kA: 1, kB: 4 },
    { kA: 3, kB: 4 },
    { kA: 10, kB: 8 },
    { kA: 12, kB: 9 },
  ];
  for (const { kA, kB, shared } of staircase(m, 9, pairs)) {
    let wanted = 0;
    for (let i = 0; i < kA; i++) for (let j = 0; j < kB; j++) wanted += m[i * 9 + j]! ** 2;
    assert.ok(Math.abs(shared - wanted) <= 1e-13 * wanted, `${kA}, ${kB}`);
  }
});

test('running sums keep small terms beside large ones and never fall', () => {
  const sums = runningSums(Float64Array.of(1, ...Array.from({ length: 1000 }, () => 1e-17), 0));
  assert.ok(Math.abs(sums.at(-1)! - (1 + 1e-14)) <= 3e-16);
  for (const [i, sum] of sums.entries()) assert.ok(i === 0 || sum >= sums[i - 1]!);
});

test.run();
