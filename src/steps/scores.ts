import { DataError } from '../diagnostics/errors.js';
import type { Bounds } from '../eval/mean-interval.js';
import type { ScoreKind } from '../eval/score-kinds.js';

/** What every scoring step gives as `scores`, as JSON: for tables and claims. */
export type Scores = ScoreValues & {
  /** Values that a score can have, where a metric of its kind may have a scale of its own. Absent: those of the kind. */
  readonly bounds?: Bounds;
  /**
   * Further scores of the same responses, by a name of letters, digits, `_` and `-`. Each has rows of its own in
   * evaluation.csv, called `metric.name`.
   */
  readonly named?: Readonly<Record<string, NamedScores>>;
  /** Positions of the items of each group. Their mean has a row of its own in evaluation.csv, called `metric/group`. */
  readonly groups?: Readonly<Record<string, readonly number[]>>;
};

export type ScoreValues = {
  /** One an item, in the order of the rows. null: invalid, counted but in no mean. */
  readonly values: readonly (number | null)[];
  /** What each item counts in the mean (tokens of a row's loss). Absent: all alike. */
  readonly weights?: readonly number[];
};

export type NamedScores = ScoreValues & {
  /** Values that an item's score can have; null: nothing bounds them, so that their mean has no interval. */
  readonly bounds: Bounds | null;
  /** The mean is e to the mean of the values. Absent: it is the mean. */
  readonly mean?: 'exponential';
};

/** The scores of a metric that a step gave. */
export interface MeasuredScores {
  /** The metric's own. */
  readonly own: NamedScores;
  /** Further ones, by name, in the order in which tables show them. */
  readonly named: ReadonlyMap<string, NamedScores>;
  /** The metric's own, of the items of each group. */
  readonly groups: ReadonlyMap<string, NamedScores>;
}

/** @throws DataError for scores whose weights are not one an item */
export function measuredScores(scores: Scores, { mean, ...ofKind }: ScoreKind): MeasuredScores {
  const bounds = scores.bounds ?? ofKind.bounds;
  const shares = scores.bounds === undefined ? (ofKind.shares ?? {}) : {};
  const named = new Map<string, NamedScores>();
  for (const [name, counted] of Object.entries(shares)) {
    const values = scores.values.map((score) => (score === null ? null : Number(score === counted)));
    named.set(name, { values, bounds: [0, 1] });
  }
  for (const [name, one] of Object.entries(scores.named ?? {})) named.set(name, one);
  for (const one of [scores, ...named.values()]) checkWeights(one);
  const { values, weights } = scores;
  const own = { values, ...(weights && { weights }), bounds, ...(mean && { mean }) };
  const groups = new Map(Object.entries(scores.groups ?? {}).map(([name, items]) => [name, partOf(own, items)]));
  return { own, named, groups };
}

function partOf({ values, weights, ...same }: NamedScores, items: readonly number[]): NamedScores {
  const pick = <T>(list: readonly T[]) => items.map((item) => list[item]!);
  return { values: pick(values), ...(weights && { weights: pick(weights) }), ...same };
}

function checkWeights({ values, weights }: ScoreValues): void {
  if (weights === undefined || weights.length === values.length) return;
  throw new DataError(`${weights.length} weights of ${values.length} scores`);
}
