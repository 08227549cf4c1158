/**
 * How often claims are judged wrongly, how often rightly, and how often the intervals of evaluation.csv hold the truth, in
 * worlds whose truth is known. Prints a line a world and ends with exit code 1 where a frequency is more than three
 * standard errors above the nominal one. Takes about six minutes of one core.
 *   node dist/test/bench/claims-coverage.js [TRIALS at most of a world, else 2000]
 */
import { parseArgs } from 'node:util';
import {
  coverageOf,
  distributions,
  energyRates,
  fallingRates,
  missesOf,
  mostOf,
  nominal,
  overlapRates,
  type Rates,
  type Scores,
  strongerRates,
} from '../oracles/claims-simulation.js';

const { positionals } = parseArgs({ allowPositionals: true });
const mostTrials = Number(positionals[0] ?? 2000);
let wrong = 0;

/** Fewer trials of large worlds. */
function trialsOf(units: number, cases: number): number {
  return Math.min(mostTrials, Math.max(100, Math.ceil(200_000 / (units * cases))));
}

function line(world: string, what: string, frequency: number, most: number): void {
  const isWrong = frequency > most;
  if (isWrong) wrong++;
  console.log(
    `${world.padEnd(52)} ${what.padEnd(26)} ${frequency.toFixed(4)}${isWrong ? ` > ${most.toFixed(4)}` : ''}`,
  );
}

function bothFalse(world: string, { holds, fails }: Rates, trials: number): void {
  const most = mostOf(trials);
  line(`${world} (${trials} trials)`, 'false holds', holds, most);
  line(`${world} (${trials} trials)`, 'false fails', fails, most);
}

function power(world: string, { holds, fails, wholeHolds }: Rates): void {
  const rates = [holds, fails, wholeHolds].map((rate) => rate.toFixed(3));
  console.log(`${world.padEnd(52)} a case holds ${rates[0]}, a case fails ${rates[1]}, the claim holds ${rates[2]}`);
}

console.log(`Nominal ${nominal}; with three standard errors of 2000 trials ${mostOf(2000).toFixed(4)}`);
console.log('\nClaims over tensors, no effect');
const kinds = Object.keys(distributions) as (keyof typeof distributions)[];
for (const distribution of kinds) {
  for (const units of [3, 6, 12, 20, 100, 500]) {
    for (const cases of [1, 12, 48]) {
      const trials = trialsOf(units, cases);
      bothFalse(
        `${distribution}, ${units} tensors, ${cases} cases`,
        overlapRates({ distribution, units, cases, trials }),
        trials,
      );
    }
  }
}
console.log('\nClaims over layers, neighbours correlated by .5, no effect');
for (const distribution of kinds) {
  for (const units of [3, 12, 16, 28, 36, 80, 500]) {
    for (const cases of [1, 3, 12, 48]) {
      const trials = trialsOf(units, cases);
      const rates = overlapRates({ distribution, units, cases, trials, correlation: 0.5 });
      bothFalse(`${distribution}, ${units} layers, ${cases} cases`, rates, trials);
    }
  }
}
console.log('\nClaims over layers, an effect of so many standard deviations');
for (const units of [16, 28, 36, 80]) {
  for (const cases of [1, 3, 12]) {
    for (const effect of [0.5, 1, 2]) {
      const rates = overlapRates({ distribution: 'normal', units, cases, trials: 500, correlation: 0.5, effect });
      power(`${units} layers, ${cases} cases, effect ${effect}`, rates);
    }
  }
}
console.log('\nLinear energy, tolerance .05, noise .1');
for (const units of [3, 5, 8, 12, 28, 100]) {
  for (const cases of [1, 12]) {
    const trials = trialsOf(5 * units, cases);
    const most = mostOf(trials);
    const world = { units, cases, trials, noise: 0.1, tolerance: 0.05 };
    line(`linear, ${units} tensors, ${cases} cases`, 'false fails', energyRates({ ...world, bend: 0 }).fails, most);
    const edge = energyRates({ ...world, bend: 0.05 });
    line(`bent by the tolerance, ${units} tensors, ${cases} cases`, 'false fails', edge.fails, most);
    if (cases === 1) line(`bent by the tolerance, ${units} tensors, 1 case`, 'false holds', edge.holds, most);
  }
  const clear = { units, cases: 6, trials: 200, noise: 0.02, bend: 0, tolerance: 0.05 };
  power(`linear, noise .02, ${units} tensors, 6 cases`, energyRates(clear));
}
console.log('\nClaims over items, no effect');
const few = Math.ceil(mostTrials / 4);
const mostOfFew = mostOf(few);
for (const scale of ['shares', 'scores']) {
  for (const items of [5, 20, 100, 500]) {
    const world = { scale, items, trials: few, ends: [0.05, 0.8] as const };
    for (const cases of [1, 12]) {
      const { holds, fails } = strongerRates({ ...world, cases });
      line(`stronger: ${scale}, ${items} items, ${cases} cases`, 'false holds', holds, mostOfFew);
      line(`stronger: ${scale}, ${items} items, ${cases} cases`, 'false fails', fails, mostOfFew);
    }
    const flat = fallingRates({ ...world, cases: 3, slopes: [0, 0], tolerance: 0.2 }, 'falls');
    line(`falling: ${scale}, ${items} items, no slope`, 'false holds', flat.holds, mostOfFew);
    line(`falling: ${scale}, ${items} items, no slope`, 'false fails', flat.fails, mostOfFew);
    // Mean over the fractions .25, .5 and .75: half of the difference of the slopes, which is the tolerance.
    const apart = fallingRates({ ...world, cases: 3, slopes: [0.8, 0.4], tolerance: 0.2 }, 'together');
    line(`falling: ${scale}, ${items} items, apart by the tolerance`, 'false holds', apart.holds, mostOfFew);
    line(`falling: ${scale}, ${items} items, apart by the tolerance`, 'false fails', apart.fails, mostOfFew);
  }
}
for (const items of [100, 500, 1300]) {
  const world = { scale: 'shares', items, trials: Math.ceil(few / 5), ends: [0.05, 0.8] as const };
  power(`stronger by .1: ${items} items, 4 cases`, strongerRates({ ...world, cases: 4, gain: 0.1 }));
  power(`falling alike: ${items} items`, fallingRates({ ...world, cases: 3, slopes: [0.8, 0.8], tolerance: 0.2 }, 'together')); // biome-ignore format: one line
  power(`falling alone: ${items} items`, fallingRates({ ...world, cases: 3, slopes: [0, 1.2], tolerance: 0.2 }, 'together')); // biome-ignore format: one line
}

console.log('\nIntervals of shares: chance that they miss, over all samples');
const chances = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995];
for (const n of [5, 10, 20, 50, 100, 200, 500, 1000, 2000]) {
  const missed = chances.map((p) => missesOf([[0, 1 - p], [1, p]], n, [0, 1], nominal)); // biome-ignore format: one line
  line(`${n} items, p from .005 to .995`, 'one end, worst p', Math.max(...missed.flatMap(({ low, high }) => [low, high])), nominal + 1e-9); // biome-ignore format: one line
}
console.log('\nIntervals of scores from 1 to 5: chance that they miss');
const distributionsOfScores: Readonly<Record<string, Scores>> = {
  'two points at the ends': [[1, 0.9], [5, 0.1]],
  'two points inside': [[2, 0.5], [4, 0.5]],
  'two neighbours, one rare': [[1, 0.99], [2, 0.01]],
  'five points, even': [[1, 0.2], [2, 0.2], [3, 0.2], [4, 0.2], [5, 0.2]],
  'five points, refusals': [[1, 0.9], [2, 0.04], [3, 0.03], [4, 0.02], [5, 0.01]],
  'five points, ceiling': [[1, 0.005], [2, 0.005], [3, 0.01], [4, 0.02], [5, 0.96]],
}; // biome-ignore format: chances by score
for (const [name, scores] of Object.entries(distributionsOfScores)) {
  for (const n of [5, 20, 100, 500, 2000]) {
    line(`${name}, ${n} items`, 'either end', 1 - coverageOf(scores, n, [1, 5], few), 0.05 + 3 * Math.sqrt((0.05 * 0.95) / few)); // biome-ignore format: one line
  }
}
console.log(
  '\nThe worst of all three-point distributions on a grid, over all samples: one end, as a part of its level',
);
for (const tail of [nominal, nominal / 12, nominal / 48]) {
  for (const n of [1, 2, 3, 4, 6, 9, 13]) {
    let worst = 0;
    for (const middle of [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]) {
      for (let a = 0; a <= 20; a++) {
        for (let b = 0; a + b <= 20; b++) {
          const scores: Scores = [[0, a / 20], [middle, b / 20], [1, (20 - a - b) / 20]]; // biome-ignore format: one line
          worst = Math.max(worst, missesOf(scores.filter(([, chance]) => chance > 0), n, [0, 1], tail).low / tail); // biome-ignore format: one line
        }
      }
    }
    line(`tail ${tail.toExponential(1)}, ${n} items`, 'part of the level', worst, 1 + 1e-9);
  }
}
process.exitCode = wrong > 0 ? 1 : 0;
console.log(wrong > 0 ? `\n${wrong} frequencies are too high` : '\nno frequency is too high');
