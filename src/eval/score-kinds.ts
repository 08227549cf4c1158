import type { Bounds } from './mean-interval.js';

/** What the scores of a kind of metric are. */
export interface ScoreKind {
  /**
   * Values that one item's score can have. null: nothing bounds them, so that no interval of their mean can hold a level
   * (Bahadur and Savage, "The nonexistence of certain statistical procedures in nonparametric problems", Annals of
   * Mathematical Statistics 27, 1956): a loss has none.
   */
  readonly bounds: Bounds | null;
  /** The mean of items is e to the mean of their scores. Absent: it is the mean of their scores. */
  readonly mean?: 'exponential';
  /** Named scores that tell which items got one score: name → that score. Others are given by the step that scores. */
  readonly shares?: Readonly<Record<string, number>>;
}

/** Scores by kind of metric: one that scores and is not here does not compile where scores are read. */
export const scoreKinds: Readonly<
  Record<
    | 'exact-match'
    | 'judge'
    | 'refusal-rate'
    | 'kl'
    | 'loss'
    | 'perplexity'
    | 'multiple-choice'
    | 'command'
    | 'imported',
    ScoreKind
  >
> = {
  'exact-match': { bounds: [0, 1] },
  judge: { bounds: [1, 5], shares: { 'share-of-5': 5 } },
  'refusal-rate': { bounds: [0, 1] },
  kl: { bounds: null },
  loss: { bounds: null },
  perplexity: { bounds: null, mean: 'exponential' },
  'multiple-choice': { bounds: [0, 1] },
  // A metric that states its range gives it with the scores.
  command: { bounds: null },
  imported: { bounds: null },
};
