import { defineStep } from './step.js';

export type DataTableParams = { readonly rows: readonly TokenisedDataset[] };

/** A dataset that a tokenise step made tokens of. */
export type TokenisedDataset = {
  /** null: it trains the model. */
  readonly metric: string | null;
  readonly model: string;
  readonly dataset: string;
};

/** `data-table`: what became of the rows of every dataset that was tokenised. */
export const dataTable = defineStep<DataTableParams>({
  kind: 'data-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<row>': '`summary` of its tokenise step',
  },
  outputs: {
    'data.csv': 'one line a dataset and model',
  },
});
