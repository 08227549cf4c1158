import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { energyRank } from '../../../src/formats/energy-rank.js';
import { energyRankPairs, runningEnergies, runningSums, staircase } from '../../../src/linalg/overlap-staircase.js';
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
      for (const eta of [...ratios, ...ratios.map((ratio) => ratio + 3e-12).filter((eta) => eta < 1), ...grid]) {
        if (eta > 0) reached.add(`${energyRank(energyA, eta)},${energyRank(energyB, eta)}`);
      }
      const pairs = energyRankPairs(energyA, energyB).map(({ kA, kB }) => `${kA},${kB}`);
      assert.equal(new Set(pairs), reached, `${nameA} and ${nameB}`);
      assert.is(pairs.length, reached.size);
      assert.ok(pairs.length <= a.length + b.length);
    }
  }
});

test('of equal singular values, the η-energy rank is that of exact arithmetic, and noise has no part in it', () => {
  for (let r = 1; r <= 60; r++) {
    // 1/3 squared and summed is not exact in f64.
    const energies = runningEnergies(new Float64Array(r).fill(1 / 3));
    for (let k = 1; k <= r; k++) assert.is(energyRank(energies, k / r), k, `${k} of ${r}`);
    for (let percent = 1; percent <= 100; percent++) {
      assert.is(energyRank(energies, percent / 100), Math.ceil((percent * r) / 100 - 1e-9), `${percent} % of ${r}`);
    }
  }
  // A matrix of rank 3: what rounding leaves of its other singular values is not reached at η = 1.
  const energies = runningEnergies(Float64Array.of(3, 2, 1, 4e-8, 3e-9, 0));
  assert.equal(energies, [9, 13, 14, 14, 14, 14]);
  assert.is(energyRank(energies, 1), 3);
  assert.equal(energyRankPairs(energies, energies).at(-1), { kA: 3, kB: 3 });
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
