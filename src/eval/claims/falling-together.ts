import {
  type Behaviour,
  type BehaviourLookUp,
  behavioursOf,
  type ClaimedBehaviour,
  type Curve,
  comparableItems,
  isSaturated,
  leftOutNote,
  lookUp,
  nothingComparable,
  pointsText,
} from '../behaviour.js';
import { type Contrast, contrastLevel, contrastOf, contrastValues, ratioInterval } from '../contrast.js';
import { type Case, type Estimate, joinNotes, unmeasured } from '../finding.js';
import type { ClaimJudge } from './kind.js';
import { trainingSeedOf } from './training-seeds.js';

export type JudgedFallingTogether = {
  readonly kind: 'falling-together';
  readonly sweep: ClaimedBehaviour;
  readonly metrics: readonly [string, string];
  readonly tolerance: number;
};

/**
 * Two metrics lose together what an update brought. Loss of a metric: by how much of the way from the model without the
 * update to the model with all of it a projection falls short. Of every update and subspace three cases: the slope of
 * each metric's loss against the part of the directions that is taken away (through the origin: nothing taken, nothing
 * lost) is above 0; and the difference of the two losses, mean over the fractions, is within the tolerance. Units: items
 * of each metric. Effects are means over seeds; intervals span those of every single seed.
 */
export const fallingTogether: ClaimJudge<JudgedFallingTogether> = {
  effect:
    'Loss of a metric: by how much of the way from the model without the update to the model with all of it a projection falls short. Effects: the slope of each metric’s loss against the part of the directions that is taken away (of a rank: Σ min(k, r) / Σ r over all tensors), and the difference of the two losses, mean over the fractions or ranks. n: items.',
  cases: (claim, { behaviour }) => casesOf(claim, behaviour),
};

function casesOf({ sweep, metrics, tolerance }: JudgedFallingTogether, behaviours: readonly Behaviour[]): Case[] {
  const find = lookUp(behaviours, [], sweep);
  return sweep.updates.flatMap((update) =>
    sweep.subspaces.flatMap((subspace): Case[] => {
      const [a, b] = metrics.map((metric) => measuredOf(find, metric, sweep, update, subspace));
      const falls = metrics.map((metric, index): Case => {
        const measured = [a!, b!][index]!;
        return {
          name: `${update}, ${subspace}: ${metric} falls`,
          trainingSeed: seedOf([measured]),
          condition: { type: 'above-zero' },
          *estimate(tail) {
            return 'missing' in measured ? unmeasured(measured.missing) : yield* fall(measured, sweep, tail);
          },
        };
      });
      const together: Case = {
        name: `${update}, ${subspace}: ${metrics[0]} falls as ${metrics[1]} does`,
        trainingSeed: seedOf([a!, b!]),
        condition: { type: 'within', bound: tolerance },
        *estimate(tail) {
          if ('missing' in a!) return unmeasured(a.missing);
          if ('missing' in b!) return unmeasured(b.missing);
          return yield* difference(a!, b!, tail);
        },
      };
      return [...falls, together];
    }),
  );
}

/** One metric of an update and of its projections. */
interface Measured {
  readonly metric: string;
  readonly curves: readonly Curve[];
  readonly whole: Behaviour;
  /** What the whole update brings. */
  readonly brought: Contrast;
  readonly items: readonly number[];
  /** Why nothing can be said of its loss, whatever the projections do; null: something can. */
  readonly saturation: string | null;
  /** Note of items that are left out; empty where none is. */
  readonly leftOut: string;
}

function seedOf(measured: readonly (Measured | { readonly missing: string })[]): number | null {
  return trainingSeedOf(measured.flatMap((one) => ('missing' in one ? [] : [one.whole, ...behavioursOf(one.curves)])));
}

function measuredOf(
  find: BehaviourLookUp,
  metric: string,
  sweep: ClaimedBehaviour,
  update: string,
  subspace: string,
): Measured | { readonly missing: string } {
  const { from, to } = sweep.ends[update]!;
  const [without, whole] = [find.model(metric, from), find.model(metric, to)];
  const curves = find.curves(metric, update, subspace);
  if (!without) return { missing: `${metric} of ${from} was not measured` };
  if (!whole) return { missing: `${metric} of ${to} was not measured` };
  if (curves.length === 0) return { missing: `${metric} was not measured at all ${pointsText(sweep)} of ${subspace}` };
  const afterwards = [whole, ...behavioursOf(curves)];
  const items = comparableItems([without, ...afterwards]);
  if (items.length === 0) return { missing: nothingComparable([without, ...afterwards]) };
  const brought = contrastOf([[whole, 1], [without, -1]]); // biome-ignore format: two ends
  const saturation = isSaturated(afterwards, items)
    ? `${metric} is the same for every item, with all of the update and with every projection`
    : contrastValues(brought, items).every((value) => value === 0)
      ? `the whole update changes ${metric} of no item`
      : null;
  return { metric, curves, whole, brought, items, saturation, leftOut: leftOutNote([without, ...afterwards], items) };
}

/** What is lost at each point of a curve, times factors by point, before it is divided by what the update brought. */
function lost({ whole }: Measured, { points }: Curve, factors: readonly number[]): Contrast {
  return contrastOf(
    points.flatMap(({ behaviour }, at) => [[whole, factors[at]!] as const, [behaviour, -factors[at]!] as const]),
  );
}

function* fall(measured: Measured, { mode }: ClaimedBehaviour, tail: number): Generator<undefined, Estimate> {
  const { curves, items, saturation, metric, leftOut } = measured;
  const n = items.length;
  if (saturation !== null) {
    return { effect: null, low: null, high: null, n, note: joinNotes(saturation, leftOut), saturated: true };
  }
  const taken = curves[0]!.points.map(({ share }) => (mode === 'parallel' ? 1 - share : share));
  const squares = taken.reduce((sum, part) => sum + part * part, 0);
  const factors = taken.map((part) => part / squares);
  const { effects, intervals, note } = yield* losses(
    measured,
    curves.map((curve) => lost(measured, curve, factors)),
    tail,
  );
  const effect = meanOf(effects);
  if (note !== '') return { effect, low: null, high: null, n, note: joinNotes(note, leftOut) };
  const low = Math.min(...intervals.map((one) => one.low));
  const high = Math.max(...intervals.map((one) => one.high));
  return { effect, low, high, n, note: joinNotes(seedsNote(curves.length, metric), leftOut) };
}

function* difference(a: Measured, b: Measured, tail: number): Generator<undefined, Estimate> {
  const n = Math.min(a.items.length, b.items.length);
  const leftOut = joinNotes(a.leftOut, b.leftOut);
  if (a.saturation !== null || b.saturation !== null) {
    const note = joinNotes(a.saturation ?? '', b.saturation ?? '', leftOut);
    return { effect: null, low: null, high: null, n, note, saturated: true };
  }
  const seeds = a.curves.map(({ seed }) => seed).filter((seed) => b.curves.some((other) => other.seed === seed));
  if (seeds.length === 0) return unmeasured(`no seed has both ${a.metric} and ${b.metric}`);
  const lostOf = (measured: Measured) =>
    seeds.map((seed) => {
      const curve = measured.curves.find((one) => one.seed === seed)!;
      const share = 1 / curve.points.length;
      return lost(measured, curve, Array<number>(curve.points.length).fill(share));
    });
  // Two metrics have items of their own: both intervals are right together where each has half the chance to be wrong.
  const ofA = yield* losses(a, lostOf(a), tail / 2);
  const ofB = yield* losses(b, lostOf(b), tail / 2);
  const effect = meanOf(ofA.effects.map((one, at) => one - ofB.effects[at]!));
  const note = joinNotes(ofA.note, ofB.note);
  if (note !== '') return { effect, low: null, high: null, n, note: joinNotes(note, leftOut) };
  const low = Math.min(...ofA.intervals.map((one, at) => one.low - ofB.intervals[at]!.high));
  const high = Math.max(...ofA.intervals.map((one, at) => one.high - ofB.intervals[at]!.low));
  return { effect, low, high, n, note: joinNotes(seedsNote(seeds.length, `${a.metric} and ${b.metric}`), leftOut) };
}

interface Losses {
  /** Parts of what the whole update brought, one a numerator. */
  readonly effects: readonly number[];
  readonly intervals: readonly { readonly low: number; readonly high: number }[];
  /** Why there are no intervals; empty: there are. */
  readonly note: string;
}

function* losses(
  { brought, items, whole, metric }: Measured,
  numerators: readonly Contrast[],
  tail: number,
): Generator<undefined, Losses> {
  const gap = contrastLevel(brought, items);
  const effects = numerators.map((numerator) => contrastLevel(numerator, items) / gap);
  if (whole.bounds === null) return { effects, intervals: [], note: `no interval: nothing bounds ${metric}` };
  const intervals: { readonly low: number; readonly high: number }[] = [];
  for (const numerator of numerators) {
    const interval = yield* ratioInterval(numerator, brought, items, tail);
    if (interval === null) {
      const note = `the whole update moves ${metric} by ${gap.toPrecision(3)}, which is within noise: there is nothing to count losses in`;
      return { effects, intervals: [], note };
    }
    intervals.push(interval);
  }
  return { effects, intervals, note: '' };
}

function seedsNote(seeds: number, what: string): string {
  return seeds > 1 ? `the interval spans those of ${seeds} seeds of ${what}` : '';
}

function meanOf(values: readonly number[]): number | null {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Number.isFinite(mean) ? mean : null;
}
