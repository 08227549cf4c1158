import type { Bounds } from '../eval/mean-interval.js';

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
