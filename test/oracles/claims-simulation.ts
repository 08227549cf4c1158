import type { Behaviour, ModelEnergy } from '../../src/eval/behaviour.js';
import type { JudgedClaim } from '../../src/eval/claims/claim.js';
import type { Evidence, MeasuredOverlap, TensorEnergy } from '../../src/eval/claims/kind.js';
import { judgeClaim } from '../../src/eval/claims/registry.js';
import type { ClaimVerdict, Finding } from '../../src/eval/finding.js';
import { type Bounds, chanceOfMeanAtMost } from '../../src/eval/mean-interval.js';
import { fillNormal } from '../../src/linalg/normal.js';
import { RandomStream } from '../../src/linalg/philox.js';
import { atOnce } from '../at-once.js';

/** How often claims are judged wrongly, and intervals miss: worlds whose truth is known, judged as a workflow's tables are. */

/** Chance that a claim may have of holding, and of failing, where the truth lies at the edge between both. */
export const nominal = 0.025;

/** What a frequency in so many trials may be at most: three standard errors above the nominal one. */
export function mostOf(trials: number): number {
  return nominal + 3 * Math.sqrt((nominal * (1 - nominal)) / trials);
}

/** How often some case of a claim holds, how often some case fails, and how often the claim as a whole holds. */
export interface Rates {
  readonly holds: number;
  readonly fails: number;
  readonly wholeHolds: number;
}

function ratesOf(trials: number, judged: (trial: number) => readonly Finding[]): Rates {
  const counts: Record<ClaimVerdict, number> = { holds: 0, fails: 0, undecided: 0, 'no information': 0 };
  let wholes = 0;
  for (let trial = 0; trial < trials; trial++) {
    const findings = judged(trial);
    const verdicts = new Set(findings.flatMap((found) => (found.case === null ? [] : [found.verdict])));
    for (const verdict of verdicts) counts[verdict]++;
    if (findings[0]!.verdict === 'holds') wholes++;
  }
  return { holds: counts.holds / trials, fails: counts.fails / trials, wholeHolds: wholes / trials };
}

function judge(claim: JudgedClaim, evidence: Partial<Evidence>): Finding[] {
  const nothing: Evidence = { energy: [], tensorEnergy: [], overlap: [], behaviour: [] };
  return atOnce(judgeClaim(claim, { ...nothing, ...evidence }));
}

// ── units: tensors and layers

/** Distributions by how a standard normal number becomes one: half of the numbers lie on either side of 0. */
export const distributions = {
  normal: (z: number) => z,
  lognormal: (z: number) => Math.exp(z) - 1,
  bounded: (z: number) => Math.tanh(z) ** 3,
  coarse: (z: number) => Math.sign(z) * Math.ceil(Math.abs(z)),
} as const;

export interface UnitsWorld {
  readonly distribution: keyof typeof distributions;
  /** Tensors that belong to no layer, or layers. */
  readonly units: number;
  readonly cases: number;
  readonly trials: number;
  /** Of neighbouring layers; absent: the units are tensors, and independent. */
  readonly correlation?: number;
  /** How much more than the baseline the median unit overlaps. */
  readonly effect?: number;
}

/** A claim that pairs overlap more than the baseline. */
export function overlapRates({ distribution, units, cases, trials, correlation, effect = 0 }: UnitsWorld): Rates {
  const shape = distributions[distribution];
  const pairs = Array.from({ length: cases }, (_, index) => `p${index}:q`);
  const claim: JudgedClaim = { kind: 'above-baseline', of: { models: [null], pairs, energies: [0.5] } };
  const name = (unit: number) => (correlation === undefined ? `t${unit}` : `layers.${unit}.weight`);
  const stream = `overlap/${distribution}/${units}/${cases}/${correlation}`;
  return ratesOf(trials, (trial) => {
    const noise = normals(`${stream}/${trial}`, cases * units);
    const overlap = pairs.flatMap((pair, index): MeasuredOverlap[] => {
      const own = autoregressive(noise.subarray(index * units, (index + 1) * units), correlation ?? 0);
      return Array.from(own, (z, unit) => {
        return { model: null, pair, unit: name(unit), energy: 0.5, overlap: effect + shape(z), baseline: 0 };
      });
    });
    return judge(claim, { overlap });
  });
}

const energyFractions = [0.1, 0.3, 0.5, 0.7, 0.9];

/** A claim that energy is linear in rank; `bend` is the largest distance from the line in the median tensor. */
export function energyRates(world: {
  readonly units: number;
  readonly cases: number;
  readonly trials: number;
  readonly noise: number;
  readonly bend: number;
  readonly tolerance: number;
}): Rates {
  const { units, cases, trials, noise, bend, tolerance } = world;
  const subspaces = Array.from({ length: cases }, (_, index) => `s${index}`);
  const sweep = { updates: ['u'], subspaces, mode: 'parallel', side: 'right', fractions: energyFractions } as const;
  const shape = bentBy(bend);
  return ratesOf(trials, (trial) => {
    const random = normals(`energy/${units}/${cases}/${bend}/${trial}`, cases * units * energyFractions.length);
    let next = 0;
    const tensorEnergy = subspaces.flatMap((subspace) =>
      Array.from({ length: units }, (_, tensor) =>
        energyFractions.map((fraction): TensorEnergy => {
          const kept = shape(fraction) + noise * random[next++]!;
          const of = { update: 'u', subspace, seed: null, mode: 'parallel', side: 'right', fraction };
          return {
            ...of,
            tensor: `t${tensor}`,
            energy_kept: kept,
            rank: fraction * 100,
            rank_max: 100,
            rank_asked: null,
          };
        }),
      ).flat(),
    );
    return judge({ kind: 'linear-energy', sweep, tolerance }, { tensorEnergy });
  });
}

/** x and a parabola above it, of which the best line through the origin leaves a largest distance of `bend`. */
function bentBy(bend: number): (x: number) => number {
  const parabola = (x: number) => x * (1 - x);
  const sum = (of: (x: number) => number) => energyFractions.reduce((total, x) => total + of(x), 0);
  const slope = sum((x) => x * parabola(x)) / sum((x) => x * x);
  const largest = Math.max(...energyFractions.map((x) => Math.abs(parabola(x) - slope * x)));
  return (x) => x + (bend / largest) * parabola(x);
}

// ── items

/** How an item's score comes from a level between 0 and 1 and a uniform number. */
export const scales: Readonly<
  Record<string, { readonly bounds: Bounds; readonly score: (level: number, u: number) => number }>
> = {
  shares: { bounds: [0, 1], score: (level, u) => (u < level ? 1 : 0) },
  // Mean 1 + 4 · level: two independent halves of the way, so that all five scores occur.
  scores: { bounds: [1, 5], score: (level, u) => 1 + (u < level * level ? 4 : u < 2 * level - level * level ? 2 : 0) },
};

export interface ItemsWorld {
  readonly scale: string;
  readonly items: number;
  readonly cases: number;
  readonly trials: number;
  /** Levels between 0 and 1 of the model without the update and with all of it. */
  readonly ends: readonly [number, number];
}

/** A claim that a subspace moves a metric more than a random one; `gain` is by how much it does. */
export function strongerRates({ scale, items, cases, trials, ends, gain = 0 }: ItemsWorld & { gain?: number }): Rates {
  const than = Array.from({ length: cases }, (_, index) => `random${index}`);
  const sweep = { ...itemsSweep, subspaces: ['top', ...than] };
  const claim: JudgedClaim = { kind: 'stronger-than-random', sweep, metric: 'm', subspace: 'top', than };
  const energy = sweep.subspaces.flatMap((subspace) =>
    itemsSweep.fractions.map((fraction): ModelEnergy => {
      return {
        update: 'u',
        subspace,
        seed: null,
        mode: 'parallel',
        side: 'right',
        fraction,
        energy_kept: fraction,
        rank: null,
      };
    }),
  );
  return ratesOf(trials, (trial) => {
    const world = new Items(scale, items, `stronger/${scale}/${items}/${cases}/${ends}/${gain}/${trial}`);
    const path = (fraction: number) => ends[0] + (ends[1] - ends[0]) * fraction;
    const behaviour = [
      world.model('m', 'from', ends[0]),
      world.model('m', 'to', ends[1]),
      ...itemsSweep.fractions.flatMap((fraction) =>
        sweep.subspaces.map((subspace) =>
          world.point('m', subspace, fraction, path(fraction) + (subspace === 'top' ? gain : 0)),
        ),
      ),
    ];
    return judge(claim, { behaviour, energy });
  });
}

/**
 * A claim that two metrics fall together. `slopes`: what each loses of what the update brought when all directions are
 * taken away. Of the three cases only the asked one is looked at: `a falls`, or `a falls as b does`.
 */
export function fallingRates(
  world: ItemsWorld & { readonly slopes: readonly [number, number]; readonly tolerance: number },
  wanted: 'falls' | 'together',
): Rates {
  const { scale, items, trials, ends, slopes, tolerance } = world;
  const sweep = { ...itemsSweep, mode: 'orthogonal', subspaces: ['top'] } as const;
  const claim: JudgedClaim = { kind: 'falling-together', sweep, metrics: ['a', 'b'], tolerance };
  const name = wanted === 'falls' ? 'u, top: a falls' : 'u, top: a falls as b does';
  return ratesOf(trials, (trial) => {
    const behaviour = ['a', 'b'].flatMap((metric, index) => {
      const of = new Items(scale, items, `falling/${scale}/${items}/${ends}/${slopes}/${metric}/${trial}`);
      const level = (fraction: number) => ends[1] - (ends[1] - ends[0]) * slopes[index]! * fraction;
      return [
        of.model(metric, 'from', ends[0]),
        of.model(metric, 'to', ends[1]),
        ...sweep.fractions.map((fraction) => of.point(metric, 'top', fraction, level(fraction), 'orthogonal')),
      ];
    });
    return judge(claim, { behaviour }).filter((found) => found.case === name);
  });
}

const itemsSweep = {
  ...({ updates: ['u'], mode: 'parallel', side: 'right', fractions: [0.25, 0.5, 0.75] } as const),
  ends: { u: { from: 'from', to: 'to' } },
};

/** Items that are harder or easier for all models alike, as questions are. */
class Items {
  readonly #difficulties: Float64Array;
  #models = 0;

  readonly #scale: string;
  readonly #count: number;
  readonly #stream: string;

  constructor(scale: string, count: number, stream: string) {
    this.#scale = scale;
    this.#count = count;
    this.#stream = stream;
    this.#difficulties = uniforms(`${stream}/difficulty`, count);
  }

  model(metric: string, model: string, level: number): Behaviour {
    const none = { update: null, subspace: null, seed: null, mode: null, side: null, fraction: null };
    return { metric, model, ...none, ...this.#scores(level) };
  }

  point(metric: string, subspace: string, fraction: number, level: number, mode = 'parallel'): Behaviour {
    const of = { model: null, update: 'u', subspace, seed: null, mode, side: 'right', fraction };
    return { metric, ...of, ...this.#scores(level) };
  }

  #scores(level: number): Pick<Behaviour, 'values' | 'bounds'> {
    const own = uniforms(`${this.#stream}/${this.#models++}`, 2 * this.#count);
    const { bounds, score } = scales[this.#scale]!;
    // Half of the items take the number that they share, so that models agree on them more than by chance.
    const values = Array.from({ length: this.#count }, (_, item) => {
      const u = own[2 * item]! < 0.5 ? this.#difficulties[item]! : own[2 * item + 1]!;
      return score(level, u);
    });
    return { values, bounds };
  }
}

// ── intervals of means

/** A distribution of scores: chances by score. */
export type Scores = readonly (readonly [score: number, chance: number])[];

/**
 * Chances that the lower and that the upper end of the interval of a mean lie beyond it: exact, over all samples of a
 * distribution of two or three values.
 *
 * @param tail that an end may have
 */
export function missesOf(scores: Scores, n: number, bounds: Bounds, tail: number): { low: number; high: number } {
  const mean = scores.reduce((sum, [score, chance]) => sum + score * chance, 0);
  const mirrored: Bounds = [-bounds[1], -bounds[0]];
  const misses = { low: 0, high: 0 };
  for (const { counts, chance } of samples(scores, n)) {
    const values = counts.flatMap((count, at) => Array<number>(count).fill(scores[at]![0]));
    if (chanceOfMeanAtMost(values, bounds, mean) < tail) misses.low += chance;
    const turned = values.map((value) => -value);
    if (chanceOfMeanAtMost(turned, mirrored, -mean) < tail) misses.high += chance;
  }
  return misses;
}

/** How often intervals of 95 % hold the mean of scores drawn at random. */
export function coverageOf(scores: Scores, n: number, bounds: Bounds, trials: number): number {
  const mean = scores.reduce((sum, [score, chance]) => sum + score * chance, 0);
  const mirrored: Bounds = [-bounds[1], -bounds[0]];
  const ends = scores.map((_, at) =>
    at === scores.length - 1 ? 1 : scores.slice(0, at + 1).reduce((sum, [, chance]) => sum + chance, 0),
  );
  let covered = 0;
  for (let trial = 0; trial < trials; trial++) {
    const drawn = uniforms(`coverage/${JSON.stringify(scores)}/${n}/${trial}`, n);
    const values = Array.from(drawn, (u) => scores[ends.findIndex((end) => u < end)]![0]);
    const above = chanceOfMeanAtMost(values, bounds, mean) >= nominal;
    const turned = values.map((value) => -value);
    if (above && chanceOfMeanAtMost(turned, mirrored, -mean) >= nominal) covered++;
  }
  return covered / trials;
}

/** All samples of a distribution, but for those so rare that together they do not matter. */
function* samples(scores: Scores, n: number): Generator<{ counts: number[]; chance: number }> {
  const logFactorials = new Float64Array(n + 1);
  for (let k = 1; k <= n; k++) logFactorials[k] = logFactorials[k - 1]! + Math.log(k);
  const counts = Array<number>(scores.length).fill(0);
  function* fill(at: number, left: number, log: number): Generator<{ counts: number[]; chance: number }> {
    const chance = scores[at]![1];
    const least = at === scores.length - 1 ? left : 0;
    for (let count = least; count <= left; count++) {
      const here = log - logFactorials[count]! + (count === 0 ? 0 : count * Math.log(chance));
      counts[at] = count;
      if (at < scores.length - 1) yield* fill(at + 1, left - count, here);
      else if (here > -50) yield { counts: [...counts], chance: Math.exp(here) };
    }
  }
  yield* fill(0, n, logFactorials[n]!);
}

// ── random numbers

function normals(stream: string, count: number): Float64Array {
  const values = new Float64Array(count);
  fillNormal(new RandomStream(11, stream), values);
  return values;
}

function uniforms(stream: string, count: number): Float64Array {
  const bits = new Uint32Array(count);
  new RandomStream(12, stream).fill(bits);
  return Float64Array.from(bits, (value) => (value + 0.5) / 2 ** 32);
}

/** Each number correlated with the one before. */
function autoregressive(noise: Float64Array, correlation: number): Float64Array {
  const fresh = Math.sqrt(1 - correlation ** 2);
  const series = Float64Array.from(noise);
  for (let at = 1; at < series.length; at++) series[at] = correlation * series[at - 1]! + fresh * noise[at]!;
  return series;
}
