import type { Bounds } from '../eval/mean-interval.js';
import { defineStep } from './step.js';

export type ImportedScoresParams = {
  /** Name of the model, as the scores have it. */
  readonly model: string;
  /** Columns of the scores. */
  readonly columns: { readonly model: string; readonly item: string; readonly score: string };
  /** The column of the dataset that tells items apart. Absent: items are named by position, from 0 on. */
  readonly id?: string;
  /** Rows, from the first on; null: all. */
  readonly limit: number | null;
  /** Absent: any number is a score. */
  readonly bounds?: Bounds;
};

/** `imported-scores[metric,model]`: the scores that an outside judge or classifier gave one model. */
export const importedScores = defineStep<ImportedScoresParams>({
  kind: 'imported-scores',
  revision: 2,
  usesDevice: false,
  inputs: {
    rows: 'JSON lines of the dataset',
    scored: 'JSON lines of the dataset of scores',
  },
  outputs: {
    scores: 'JSON: Scores, one an item of the dataset',
  },
});
