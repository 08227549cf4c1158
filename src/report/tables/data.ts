import type { TokenisedDataset } from '../../steps/data-table.js';
import type { TokeniseSummary } from '../../steps/tokenise.js';
import { writeCsv } from './csv.js';

const columns = [
  ...(['metric', 'model', 'dataset', 'rows', 'tokens', 'targets'] as const),
  ...(['truncated', 'dropped', 'without_target', 'merged'] as const),
];

/** data.csv: what became of the rows of every dataset that was tokenised, to train a model or to measure its loss. */
export function dataCsv(tokenised: readonly (TokenisedDataset & { readonly summary: TokeniseSummary })[]): string {
  return writeCsv(
    columns,
    tokenised.map(({ metric, model, dataset, summary: { withoutTarget, ...summary } }) => ({
      ...{ metric, model, dataset },
      ...summary,
      without_target: withoutTarget,
    })),
  );
}
