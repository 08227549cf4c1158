import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  coverageOf,
  energyRates,
  fallingRates,
  missesOf,
  mostOf,
  nominal,
  overlapRates,
  type Rates,
  strongerRates,
} from '../../../oracles/claims-simulation.js';

/** A part of test/bench/claims-coverage.ts: worlds whose truth is known, judged often enough to see a wrong level. */

function bothAreRare({ holds, fails }: Rates, trials: number, world: string): void {
  assert.ok(holds <= mostOf(trials), `false holds ${holds}: ${world}`);
  assert.ok(fails <= mostOf(trials), `false fails ${fails}: ${world}`);
}

test('claims about tensors without an effect are decided by chance no more often than they say', () => {
  for (const distribution of ['normal', 'lognormal', 'bounded', 'coarse'] as const) {
    for (const [units, cases, trials] of [
      [3, 1, 1000],
      [5, 12, 400],
      [6, 1, 2000],
      [9, 12, 400],
      [20, 12, 400],
      [100, 1, 500],
    ] as const) {
      // biome-ignore format: one line
      bothAreRare(overlapRates({ distribution, units, cases, trials }), trials, `${distribution}, ${units}, ${cases}`);
    }
  }
});

test('neither are claims about layers of which neighbours are correlated by .5', () => {
  for (const [units, cases, trials] of [
    [12, 1, 2000],
    [28, 1, 1000],
    [28, 12, 400],
    [36, 3, 600],
    [100, 3, 400],
  ] as const) {
    // biome-ignore format: one line
    for (const distribution of ['normal', 'lognormal'] as const) {
      const rates = overlapRates({ distribution, units, cases, trials, correlation: 0.5 });
      bothAreRare(rates, trials, `${distribution}, ${units}, ${cases}`);
    }
  }
});

test('an effect that is there is found', () => {
  const world = { distribution: 'normal', cases: 3, trials: 100, correlation: 0.5, effect: 2 } as const;
  assert.ok(overlapRates({ ...world, units: 28 }).wholeHolds > 0.8);
  assert.is(overlapRates({ ...world, units: 13 }).wholeHolds, 0, 'six blocks cannot decide three cases');
});

test('energy that is linear but for noise does not fail, and energy bent beyond the tolerance does not hold', () => {
  for (const units of [5, 12, 28]) {
    const world = { units, cases: 6, trials: 150, noise: 0.1, tolerance: 0.05 };
    assert.ok(energyRates({ ...world, bend: 0 }).fails <= mostOf(150), `${units} tensors`);
    const bent = energyRates({ ...world, cases: 1, noise: 0.02, bend: 0.0501 });
    assert.ok(bent.holds <= mostOf(150), `${units} tensors`);
  }
  assert.ok(energyRates({ units: 28, cases: 6, trials: 50, noise: 0.02, bend: 0, tolerance: 0.05 }).wholeHolds > 0.9);
});

test('claims about items at the edge are decided by chance no more often than they say, and clear ones are decided', () => {
  const ends = [0.05, 0.8] as const;
  for (const [scale, items] of [
    ['shares', 12],
    ['scores', 60],
  ] as const) {
    // biome-ignore format: one line
    const world = { scale, items, ends, trials: 150 };
    bothAreRare(strongerRates({ ...world, cases: 3 }), 150, `stronger, ${scale}`);
    const edge = { ...world, cases: 3, tolerance: 0.2 };
    bothAreRare(fallingRates({ ...edge, slopes: [0, 0] }, 'falls'), 150, `falls, ${scale}`);
    bothAreRare(fallingRates({ ...edge, slopes: [0.8, 0.4] }, 'together'), 150, `together, ${scale}`);
  }
  const many = { scale: 'shares', items: 500, ends, cases: 3, trials: 10, tolerance: 0.2 };
  assert.is(strongerRates({ ...many, gain: 0.1 }).holds, 1);
  assert.is(fallingRates({ ...many, slopes: [0.8, 0.8] }, 'together').holds, 1);
  assert.is(fallingRates({ ...many, slopes: [0, 1.2] }, 'together').fails, 1);
});

test('intervals of shares miss no more often than they say, over all samples', () => {
  for (const n of [5, 20, 200]) {
    for (const p of [0.005, 0.02, 0.1, 0.3, 0.5, 0.9, 0.98, 0.995]) {
      const { low, high } = missesOf([[0, 1 - p], [1, p]], n, [0, 1], nominal); // biome-ignore format: chances by score
      assert.ok(low <= nominal + 1e-9 && high <= nominal + 1e-9, `${n} items, p = ${p}: ${low}, ${high}`);
    }
  }
});

test('intervals of scores hold the mean, of five scores and of three anywhere between the bounds', () => {
  const five = [[1, 0.9], [2, 0.04], [3, 0.03], [4, 0.02], [5, 0.01]] as const; // biome-ignore format: chances by score
  for (const n of [5, 50, 500]) {
    const covered = coverageOf(five, n, [1, 5], 300);
    assert.ok(covered >= 0.95 - 3 * Math.sqrt((0.05 * 0.95) / 300), `${n} items: ${covered}`);
  }
  for (const tail of [nominal, nominal / 48]) {
    for (const n of [2, 5, 9]) {
      for (const middle of [0.1, 0.5, 0.9]) {
        for (const [a, b] of [
          [0.5, 0.3],
          [0.1, 0.1],
          [0.05, 0.9],
          [0.8, 0.15],
        ] as const) {
          // biome-ignore format: one line
          const missed = missesOf([[0, a], [middle, b], [1, 1 - a - b]], n, [0, 1], tail); // biome-ignore format: one line
          assert.ok(missed.low <= tail + 1e-9 && missed.high <= tail + 1e-9, `${n} items: ${JSON.stringify(missed)}`);
        }
      }
    }
  }
});

test.run();
