import type { Bounds } from './mean-interval.js';

/** What the scores of a kind of metric are. */
interface ScoreKind {
  /**
   * Values that one item's score can have. null: nothing bounds them, so that no interval of their mean can hold a level
   * (Bahadur and Savage, "The nonexistence of certain statistical procedures in nonparametric problems", Annals of
   * Mathematical Statistics 27, 1956): a loss has none.
   */
  readonly bounds: Bounds | null;
  /** The score whose share has a row of its own in the table. Absent: none has. */
  readonly top?: number;
}

/** By kind of metric: one that scores and is not here does not compile where scores are read. */
export const scoreKinds: Readonly<Record<'exact-match' | 'judge' | 'loss', ScoreKind>> = {
  'exact-match': { bounds: [0, 1] },
  judge: { bounds: [1, 5], top: 5 },
  loss: { bounds: null },
};
