import type { Bounds } from './mean-interval.js';

/**
 * Values that one item's score can have, by kind of metric. null: nothing bounds them, so that no interval of their mean
 * can hold a level (Bahadur and Savage, "The nonexistence of certain statistical procedures in nonparametric problems",
 * Annals of Mathematical Statistics 27, 1956): a loss has none.
 */
export const scoreBounds = {
  'exact-match': [0, 1],
  judge: [1, 5],
  loss: null,
} as const satisfies Readonly<Record<string, Bounds | null>>;
