/** What every scoring step gives as `scores`, as JSON: for tables and claims. */
export type Scores = {
  /** One an item, in the order of the rows. null: invalid, counted but in no mean. */
  readonly values: readonly (number | null)[];
  /** What each item counts in the mean (tokens of a row's loss). Absent: all alike. */
  readonly weights?: readonly number[];
};
