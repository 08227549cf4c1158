import {
  type Behaviour,
  behavioursOf,
  type ClaimedBehaviour,
  type Curve,
  comparableItems,
  isSaturated,
  leftOutNote,
  lookUp,
  type ModelEnergy,
  nothingComparable,
  type Point,
  pointsText,
} from '../behaviour.js';
import {
  type Contrast,
  certainSign,
  contrastInterval,
  contrastLevel,
  contrastOf,
  contrastValues,
} from '../contrast.js';
import { type Case, type Estimate, joinNotes, unmeasured } from '../finding.js';
import type { ClaimJudge } from './kind.js';
import { trainingSeedOf } from './training-seeds.js';

export type JudgedStrongerThanRandom = {
  readonly kind: 'stronger-than-random';
  readonly sweep: ClaimedBehaviour;
  readonly metric: string;
  readonly subspace: string;
  readonly than: readonly string[];
};

/** The models that a case compares. */
interface Compared {
  readonly metric: string;
  readonly without: Behaviour;
  readonly whole: Behaviour;
  /** Curves of the claimed subspace, by seed. */
  readonly own: readonly Curve[];
  /** Curves of the random subspace, by seed. */
  readonly rivals: readonly Curve[];
  /** 1: the sweep keeps, so that stronger is nearer to the whole update; −1: it removes. */
  readonly towards: 1 | -1;
}

/**
 * At equal energy, what a subspace keeps (or removes) of an update changes behaviour more than what a random one does.
 * Of every update and random subspace: at each fraction of the subspace, how much further the metric has moved than it
 * would have by as much energy in the random subspace; mean over the fractions. The random subspace's behaviour at that
 * energy lies on straight lines between its own points, the model without the update (energy 0) and the model with all of
 * it (energy 1). "Moved" is counted towards the model with the whole update where a sweep keeps, away from it where a sweep
 * removes. Units: items valid for all models that are compared. The effect is the mean over seeds; the interval spans those
 * against every single seed, so that a claim holds where it holds against each.
 */
export const strongerThanRandom: ClaimJudge<JudgedStrongerThanRandom> = {
  effect:
    'Effect: how much further the metric has moved than it would have by as much energy in the random subspace, mean over the fractions or ranks and the items. n: items, those valid for all models that are compared.',
  cases: (claim, { behaviour, energy }) => casesOf(claim, behaviour, energy),
};

function casesOf(
  { sweep, metric, subspace, than }: JudgedStrongerThanRandom,
  behaviours: readonly Behaviour[],
  energies: readonly ModelEnergy[],
): Case[] {
  const find = lookUp(behaviours, energies, sweep);
  return sweep.updates.flatMap((update) =>
    than.map((random): Case => {
      const { from, to } = sweep.ends[update]!;
      const [without, whole] = [find.model(metric, from), find.model(metric, to)];
      const [own, rivals] = [find.curves(metric, update, subspace), find.curves(metric, update, random)];
      const towards = sweep.mode === 'parallel' ? 1 : -1;
      return {
        name: `${update}: ${subspace} above ${random}`,
        trainingSeed: trainingSeedOf([without, whole, ...behavioursOf([...own, ...rivals])]),
        condition: { type: 'above-zero' },
        *estimate(tail) {
          if (!without) return unmeasured(`${metric} of ${from} was not measured`);
          if (!whole) return unmeasured(`${metric} of ${to} was not measured`);
          if (own.length === 0)
            return unmeasured(`${metric} was not measured at all ${pointsText(sweep)} of ${subspace}`);
          if (rivals.length === 0)
            return unmeasured(`${metric} was not measured at all ${pointsText(sweep)} of ${random}`);
          return yield* estimateOf({ metric, without, whole, own, rivals, towards }, tail);
        },
      };
    }),
  );
}

function* estimateOf(compared: Compared, tail: number): Generator<undefined, Estimate> {
  const { metric, without, whole, own, rivals, towards } = compared;
  const points = [...own, ...rivals].flatMap((curve) => curve.points);
  if (points.some(({ energy }) => energy === null)) return unmeasured('the energy of some projection was not measured');
  const projected = points.map(({ behaviour }) => behaviour);
  const all = [without, whole, ...projected];
  const items = comparableItems(all);
  const n = items.length;
  if (n === 0) return unmeasured(nothingComparable(all));
  const leftOut = leftOutNote(all, items);
  const nothing = { effect: null, low: null, high: null, n };
  const change = contrastOf([[whole, 1], [without, -1]]); // biome-ignore format: two ends
  if (isSaturated(projected, items)) {
    return {
      ...nothing,
      note: joinNotes(`${metric} is the same for every item and projection`, leftOut),
      saturated: true,
    };
  }
  // Where the whole update moves nothing, no part of it can move it more than another.
  if (contrastValues(change, items).every((value) => value === 0)) {
    return { ...nothing, note: joinNotes(`the whole update changes ${metric} of no item`, leftOut), saturated: true };
  }
  const contrasts = own.flatMap((curve) => rivals.map((rival) => gain(curve, rival, without, whole)));
  const moved = contrastLevel(change, items);
  const mean = contrasts.reduce((sum, one) => sum + contrastLevel(one, items), 0) / contrasts.length;
  const effect = moved === 0 ? null : Math.sign(moved) * towards * mean;
  if (whole.bounds === null)
    return { ...nothing, effect, note: joinNotes(`no interval: nothing bounds ${metric}`, leftOut) };
  const sign = certainSign(change, items, tail / 2);
  if (sign === 0) {
    const note = `the whole update moves ${metric} by ${moved.toPrecision(3)}, which is within noise: there is no direction to count in`;
    return { ...nothing, effect, note: joinNotes(note, leftOut) };
  }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const contrast of contrasts) {
    const interval = contrastInterval(contrast, items, tail / 2);
    const ends = [sign * towards * interval.low!, sign * towards * interval.high!];
    low = Math.min(low, ...ends);
    high = Math.max(high, ...ends);
    yield;
  }
  const note = contrasts.length > 1 ? `the interval spans those of ${contrasts.length} seeds` : '';
  return { effect, low, high, n, note: joinNotes(note, leftOut) };
}

/** How far the metric lies above where the rival's curve has it at the same energies, mean over the fractions. */
function gain(own: Curve, rival: Curve, without: Behaviour, whole: Behaviour): Contrast {
  const ends = [
    { energy: 0, behaviour: without },
    { energy: 1, behaviour: whole },
  ];
  const path = [...rival.points, ...ends].sort((a, b) => a.energy! - b.energy!);
  const share = 1 / own.points.length;
  return contrastOf(
    own.points.flatMap(({ energy, behaviour }) => [
      [behaviour, share] as const,
      ...between(path, energy!).map(([at, part]) => [at, -share * part] as const),
    ]),
  );
}

/** What the behaviour at an energy is made of, on the straight line between the two points around it. */
function between(path: readonly Pick<Point, 'energy' | 'behaviour'>[], energy: number): [Behaviour, number][] {
  const above = path.findIndex((point) => point.energy! >= energy);
  const high = path[above < 0 ? path.length - 1 : above]!;
  const low = path[Math.max(0, (above < 0 ? path.length : above) - 1)]!;
  const width = high.energy! - low.energy!;
  const part = width > 0 ? Math.min(1, (energy - low.energy!) / width) : 1;
  return [
    [low.behaviour, 1 - part],
    [high.behaviour, part],
  ];
}
