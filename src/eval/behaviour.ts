import { type Extent, extentText, type ProjectionMode, type Side } from '../formats/projection.js';
import type { EnergyRow } from '../report/tables/energy.js';
import type { Bounds } from './mean-interval.js';

/** What a model did, item by item: scores of one metric, in the order of the dataset's rows. */
export interface Behaviour {
  readonly metric: string;
  /** A model as it is; null for a projected update. */
  readonly model: string | null;
  readonly update: string | null;
  readonly subspace: string | null;
  readonly seed: number | null;
  readonly mode: string | null;
  readonly side: string | null;
  readonly fraction: number | null;
  /** Rank of a point that is a number of directions, which has no fraction. */
  readonly rank?: number;
  /** Share of such a point: Σ k / Σ r over the tensors of the update. */
  readonly share?: number;
  /** null or absent: it depends on none. */
  readonly training_seed?: number | null;
  /** null: invalid. */
  readonly values: readonly (number | null)[];
  /** What each item counts; absent: all alike. */
  readonly weights?: readonly number[];
  /** Values that a score can have; null: nothing bounds it. */
  readonly bounds: Bounds | null;
  /** The mean is e to the mean of the values. Absent: it is the mean. */
  readonly mean?: 'exponential';
}

type ProjectionColumn = 'update' | 'subspace' | 'seed' | 'mode' | 'side' | 'fraction' | 'rank';

/** What a claim reads of a row of energy.csv. */
export type ModelEnergy = Pick<EnergyRow, ProjectionColumn | 'energy_kept' | 'training_seed'>;

/** The projections that a claim is about. A type, not an interface: it is in the parameters of a step. */
export type ClaimedSweep = {
  readonly updates: readonly string[];
  readonly subspaces: readonly string[];
  readonly mode: ProjectionMode;
  readonly side: Side;
  /** Those of the subspaces that act on sides of their own, whatever `side` says; absent: none. */
  readonly ownSided?: readonly string[];
  readonly fractions: readonly number[];
  /** Numbers of directions; absent where the sweep has none. */
  readonly ranks?: readonly number[];
};

/** A sweep with the models at both ends of its updates. */
export type ClaimedBehaviour = ClaimedSweep & {
  /** Ends of each update, by its name. */
  readonly ends: { readonly [update: string]: { readonly from: string; readonly to: string } };
};

/** What was measured of one projection at one extent. */
export interface Point {
  /** Part of the update's directions that the projection uses: the fraction, or what a rank comes to over all tensors. */
  readonly share: number;
  /** null where it was not measured, or the update is zero. */
  readonly energy: number | null;
  readonly behaviour: Behaviour;
}

/** All extents of a sweep: fractions, then ranks, ascending. */
export interface Curve {
  /** Seed of the subspace; null: it has none. */
  readonly seed: number | null;
  readonly points: readonly Point[];
}

/** Finds what was measured, by what it is of. */
export interface BehaviourLookUp {
  model(metric: string, model: string): Behaviour | undefined;
  /** One curve a seed; curves that lack an extent are left out. */
  curves(metric: string, update: string, subspace: string): readonly Curve[];
}

export function lookUp(
  behaviours: readonly Behaviour[],
  energies: readonly ModelEnergy[],
  { mode, side, ownSided = [], fractions, ranks = [] }: ClaimedSweep,
): BehaviourLookUp {
  const kept = new Map(energies.map((row) => [keyOf(row), row.energy_kept]));
  const extents: Extent[] = [
    ...[...fractions].sort((a, b) => a - b).map((fraction) => ({ fraction })),
    ...[...ranks].sort((a, b) => a - b).map((rank) => ({ rank })),
  ];
  return {
    model: (metric, model) => behaviours.find((one) => one.metric === metric && one.model === model),
    curves(metric, update, subspace) {
      const ofCurve = behaviours.filter(
        (one) =>
          one.metric === metric &&
          one.update === update &&
          one.subspace === subspace &&
          one.mode === mode &&
          (one.side === side || ownSided.includes(subspace)),
      );
      return [...new Set(ofCurve.map(({ seed }) => seed))].flatMap((seed) => {
        const points = extents.flatMap(({ fraction = null, rank = null }): Point[] => {
          const behaviour = ofCurve.find(
            (one) => one.seed === seed && one.fraction === fraction && (one.rank ?? null) === rank,
          );
          if (behaviour === undefined) return [];
          const of = { update, subspace, seed, mode, side: behaviour.side ?? side, fraction, rank };
          return [{ share: fraction ?? behaviour.share!, energy: kept.get(keyOf(of)) ?? null, behaviour }];
        });
        return points.length === extents.length ? [{ seed, points }] : [];
      });
    },
  };
}

/** What was measured at all points of curves. */
export function behavioursOf(curves: readonly Curve[]): Behaviour[] {
  return curves.flatMap(({ points }) => points.map(({ behaviour }) => behaviour));
}

function keyOf(row: Pick<ModelEnergy, ProjectionColumn>): string {
  const { update, subspace, seed, mode, side, fraction, rank } = row;
  return JSON.stringify([update, subspace, seed, mode, side, fraction, rank]);
}

/** Positions of the items that are valid for all behaviours, at least one. */
export function comparableItems(behaviours: readonly Behaviour[]): number[] {
  const shortest = Math.min(...behaviours.map(({ values }) => values.length));
  return Array.from({ length: shortest }, (_, item) => item).filter((item) =>
    behaviours.every(({ values }) => values[item] !== null),
  );
}

/** What the note of a case says of items that are left out of it; empty where none is. */
export function leftOutNote(behaviours: readonly Behaviour[], items: readonly number[]): string {
  const all = Math.min(...behaviours.map(({ values }) => values.length));
  const out = all - items.length;
  if (out === 0) return '';
  return `${out} of ${all} items of ${behaviours[0]!.metric} are left out: some model has no valid score for them`;
}

/** Why no item is valid for all behaviours. */
export function nothingComparable(behaviours: readonly Behaviour[]): string {
  const without = behaviours.find(({ values }) => values.every((value) => value === null));
  if (without === undefined) return `no item of ${behaviours[0]!.metric} is valid for all models that are compared`;
  const { metric, model, update, subspace, fraction, rank } = without;
  const extent = rank === undefined ? { fraction: fraction! } : { rank };
  return `no item of ${metric} has a valid score in ${model ?? `${update} in ${subspace} at ${extentText(extent)}`}`;
}

/** Mean score of some items, at least one, each as often as it counts. */
export function levelOf({ values, weights, mean }: Behaviour, items: readonly number[]): number {
  let sum = 0;
  let weight = 0;
  for (const item of items) {
    const counts = weights?.[item] ?? 1;
    sum += counts * values[item]!;
    weight += counts;
  }
  return mean === 'exponential' ? Math.exp(sum / weight) : sum / weight;
}

/** Whether all items have one and the same score in all behaviours: at a ceiling or a floor nothing can be seen to move. */
export function isSaturated(behaviours: readonly Behaviour[], items: readonly number[]): boolean {
  const first = behaviours[0]!.values[items[0]!];
  return behaviours.every(({ values }) => items.every((item) => values[item] === first));
}

/** What the points of a sweep are, in notes. */
export function pointsText({ fractions, ranks = [] }: ClaimedSweep): string {
  if (ranks.length === 0) return 'fractions';
  return fractions.length === 0 ? 'ranks' : 'fractions and ranks';
}
