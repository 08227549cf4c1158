import type { ClaimedSweep } from './energy-claim.js';
import type { Case } from './finding.js';

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
  /** null: invalid. */
  readonly values: readonly (number | null)[];
  /** What each item counts; absent: all alike. */
  readonly weights?: readonly number[];
}

/** A row of energy.csv. */
export interface ModelEnergy {
  readonly update: string;
  readonly subspace: string;
  readonly seed: number | null;
  readonly mode: string;
  readonly side: string;
  readonly fraction: number;
  readonly kept: number | null;
}

/** A sweep with the models at both ends of its updates. */
export type ClaimedBehaviour = ClaimedSweep & {
  /** By name of update. */
  readonly ends: { readonly [update: string]: { readonly from: string; readonly to: string } };
};

export type StrongerThanRandomClaim = {
  readonly kind: 'stronger-than-random';
  readonly sweep: ClaimedBehaviour;
  readonly metric: string;
  readonly subspace: string;
  readonly than: readonly string[];
};

export type FallingTogetherClaim = {
  readonly kind: 'falling-together';
  readonly sweep: ClaimedBehaviour;
  readonly metrics: readonly [string, string];
  readonly tolerance: number;
};

/**
 * At equal energy, what a subspace keeps (or removes) of an update changes behaviour more than what a random one does.
 * Of every update and random subspace: at each fraction of the subspace, how much further the metric has moved than it
 * would have by as much energy in the random subspace; mean over the fractions. The random subspace's behaviour at that
 * energy lies on straight lines between its own points, the model without the update (energy 0) and the model with all of
 * it (energy 1); mean over its seeds. "Moved" is counted towards the model with the whole update where a sweep keeps, away
 * from it where a sweep removes. Units: items valid for all models that are compared, drawn together; seeds are drawn too.
 */
export function strongerThanRandomCases(
  { sweep, metric, subspace, than }: StrongerThanRandomClaim,
  behaviours: readonly Behaviour[],
  energies: readonly ModelEnergy[],
): Case[] {
  const find = lookUp(behaviours, energies, sweep);
  const towards = sweep.mode === 'parallel' ? 1 : -1;
  return sweep.updates.flatMap((update) =>
    than.map((random): Case => {
      const without = find.model(metric, sweep.ends[update]!.from);
      const whole = find.model(metric, sweep.ends[update]!.to);
      const own = find.curves(metric, update, subspace).flat();
      const controls = find.curves(metric, update, random);
      const name = `${update}: ${subspace} above ${random}`;
      if (!without || !whole || own.length === 0 || controls.length === 0) return unmeasured(name);
      const points = [...own, ...controls.flat()];
      if (points.some(({ energy }) => energy === null)) return unmeasured(name);
      const ends = [
        { energy: 0, behaviour: without },
        { energy: 1, behaviour: whole },
      ];
      const rivals = controls.map((control) => [...control, ...ends].sort((x, y) => x.energy! - y.energy!));
      const { items, levels: levelsOf } = comparable([without, whole, ...points.map(({ behaviour }) => behaviour)]);
      return {
        name,
        condition: { type: 'above-zero' },
        sizes: [items, rivals.length],
        effect: ([drawn, seeds]) => {
          const level = levelsOf(drawn!);
          const direction = Math.sign(level(whole) - level(without)) * towards;
          // Where the whole update moves nothing, no part of it can move it more than another.
          if (direction === 0) return Number.NaN;
          let sum = 0;
          for (const { energy, behaviour } of own) {
            let rival = 0;
            for (const seed of seeds!) rival += between(rivals[seed]!, energy!, level);
            sum += direction * (level(behaviour) - rival / seeds!.length);
          }
          return sum / own.length;
        },
      };
    }),
  );
}

/**
 * Two metrics lose together what an update brought. Loss of a metric: by how much of the way from the model without the
 * update to the model with all of it a projection falls short. Of every update and subspace three cases: the slope of
 * each metric's loss against the part of the directions that is taken away (through the origin: nothing taken, nothing
 * lost) is above 0; and the difference of the two losses, mean over the fractions, is within the tolerance. Means over
 * seeds. Units: items of each metric and seeds, all drawn apart.
 */
export function fallingTogetherCases(
  { sweep, metrics, tolerance }: FallingTogetherClaim,
  behaviours: readonly Behaviour[],
): Case[] {
  const find = lookUp(behaviours, [], sweep);
  const taken = (fraction: number) => (sweep.mode === 'parallel' ? 1 - fraction : fraction);
  return sweep.updates.flatMap((update) =>
    sweep.subspaces.flatMap((subspace): Case[] => {
      const losses = metrics.map((metric) => {
        const without = find.model(metric, sweep.ends[update]!.from);
        const whole = find.model(metric, sweep.ends[update]!.to);
        const controls = find.curves(metric, update, subspace);
        if (!without || !whole || controls.length === 0) return undefined;
        const all = [without, whole, ...controls.flat().map(({ behaviour }) => behaviour)];
        const { items, levels } = comparable(all);
        /** Loss at each fraction, mean over the seeds drawn. */
        const lossOf = (drawn: Uint32Array, seeds: Uint32Array): { x: number; y: number }[] => {
          const level = levels(drawn);
          const gap = level(whole) - level(without);
          return controls[0]!.map(({ fraction }, at) => {
            let sum = 0;
            for (const seed of seeds) sum += (level(whole) - level(controls[seed]![at]!.behaviour)) / gap;
            return { x: taken(fraction), y: gap === 0 ? Number.NaN : sum / seeds.length };
          });
        };
        return { items, seeds: controls.length, lossOf };
      });
      const [a, b] = losses;
      const name = (what: string) => `${update}, ${subspace}: ${what}`;
      const falls = metrics.map((metric, index): Case => {
        const loss = losses[index];
        if (!loss) return unmeasured(name(`${metric} falls`));
        return {
          name: name(`${metric} falls`),
          condition: { type: 'above-zero' },
          sizes: [loss.items, loss.seeds],
          effect: ([drawn, seeds]) => slope(loss.lossOf(drawn!, seeds!)),
        };
      });
      const together = name(`${metrics[0]} falls as ${metrics[1]} does`);
      if (!a || !b) return [...falls, unmeasured(together)];
      return [
        ...falls,
        {
          name: together,
          condition: { type: 'within', bound: tolerance },
          sizes: [a.items, b.items, a.seeds],
          units: Math.min(a.items, b.items),
          effect: ([ofA, ofB, seeds]) => {
            const others = b.lossOf(ofB!, seeds!);
            const differences = a.lossOf(ofA!, seeds!).map(({ y }, at) => y - others[at]!.y);
            return differences.reduce((sum, value) => sum + value, 0) / differences.length;
          },
        },
      ];
    }),
  );
}

interface Point {
  readonly fraction: number;
  /** null where it was not measured, or the update is zero. */
  readonly energy: number | null;
  readonly behaviour: Behaviour;
}

/** Finds what was measured, by what it is of. */
function lookUp(behaviours: readonly Behaviour[], energies: readonly ModelEnergy[], sweep: ClaimedSweep) {
  const { mode, side } = sweep;
  const kept = new Map(energies.map((row) => [keyOf(row), row.kept]));
  const fractions = [...sweep.fractions].sort((a, b) => a - b);
  return {
    model: (metric: string, model: string) =>
      behaviours.find((behaviour) => behaviour.metric === metric && behaviour.model === model),
    /** One curve a seed, each with all fractions in ascending order; curves that lack one are left out. */
    curves(metric: string, update: string, subspace: string): Point[][] {
      const ofCurve = behaviours.filter(
        (one) =>
          one.metric === metric &&
          one.update === update &&
          one.subspace === subspace &&
          one.mode === mode &&
          one.side === side,
      );
      return [...new Set(ofCurve.map(({ seed }) => seed))].flatMap((seed) => {
        const points = fractions.flatMap((fraction): Point[] => {
          const behaviour = ofCurve.find((one) => one.seed === seed && one.fraction === fraction);
          const energy = kept.get(keyOf({ update, subspace, seed, mode, side, fraction }));
          return behaviour === undefined ? [] : [{ fraction, energy: energy ?? null, behaviour }];
        });
        return points.length === fractions.length ? [points] : [];
      });
    },
  };
}

function keyOf(row: Omit<ModelEnergy, 'kept'>): string {
  const { update, subspace, seed, mode, side, fraction } = row;
  return JSON.stringify([update, subspace, seed, mode, side, fraction]);
}

/** Behaviours on the items that are valid for all of them. */
interface Comparable {
  readonly items: number;
  /** Means over the items drawn, each computed once. */
  levels(drawn: Uint32Array): (behaviour: Behaviour) => number;
}

function comparable(behaviours: readonly Behaviour[]): Comparable {
  const shortest = Math.min(...behaviours.map(({ values }) => values.length));
  const valid = Array.from({ length: shortest }, (_, item) => item).filter((item) =>
    behaviours.every(({ values }) => values[item] !== null),
  );
  const scores = new Map(
    behaviours.map((behaviour) => [
      behaviour,
      {
        weights: Float64Array.from(valid, (item) => behaviour.weights?.[item] ?? 1),
        values: Float64Array.from(valid, (item) => behaviour.values[item]!),
      },
    ]),
  );
  return {
    items: valid.length,
    levels(drawn) {
      const known = new Map<Behaviour, number>();
      return (behaviour) => {
        const found = known.get(behaviour);
        if (found !== undefined) return found;
        const { weights, values } = scores.get(behaviour)!;
        let sum = 0;
        let weight = 0;
        for (const item of drawn) {
          sum += weights[item]! * values[item]!;
          weight += weights[item]!;
        }
        known.set(behaviour, sum / weight);
        return sum / weight;
      };
    },
  };
}

/** The metric at an energy, on the straight line between the two points around it. */
function between(
  points: readonly { readonly energy: number | null; readonly behaviour: Behaviour }[],
  energy: number,
  level: (behaviour: Behaviour) => number,
): number {
  const above = points.findIndex((point) => point.energy! >= energy);
  const high = points[above < 0 ? points.length - 1 : above]!;
  const low = points[Math.max(0, (above < 0 ? points.length : above) - 1)]!;
  const width = high.energy! - low.energy!;
  const part = width > 0 ? Math.min(1, (energy - low.energy!) / width) : 1;
  return level(low.behaviour) + part * (level(high.behaviour) - level(low.behaviour));
}

/** Of the best straight line through the origin. */
function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  let xy = 0;
  let xx = 0;
  for (const { x, y } of points) {
    xy += x * y;
    xx += x * x;
  }
  return xy / xx;
}

function unmeasured(name: string): Case {
  return { name, condition: { type: 'above-zero' }, sizes: [], effect: () => Number.NaN };
}
