import type { TokeniseSummary } from '../../formats/step-results.js';
import { writeTable } from './csv.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const dataColumns = {
  metric: 'text',
  model: 'text',
  dataset: 'text',
  rows: 'number',
  tokens: 'number',
  targets: 'number',
  truncated: 'number',
  dropped: 'number',
  without_target: 'number',
  merged: 'number',
  ...trainingSeedColumn,
} as const;

/** A dataset that a tokenise step made tokens of. */
export type TokenisedDataset = OfTrainingSeed & {
  /** null: it trains the model. */
  readonly metric: string | null;
  readonly model: string;
  readonly dataset: string;
};

/** data.csv: what became of the rows of every dataset that was tokenised, to train a model or to measure its loss. */
export function dataCsv(tokenised: readonly (TokenisedDataset & { readonly summary: TokeniseSummary })[]): string {
  return writeTable(
    dataColumns,
    tokenised.map(({ metric, model, dataset, summary: { withoutTarget, ...summary }, ...ofSeed }) => ({
      metric: metric ?? '',
      model,
      dataset,
      ...summary,
      without_target: withoutTarget,
      ...trainingSeedCell(ofSeed),
    })),
  );
}
