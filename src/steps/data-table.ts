import type { TokenisedDataset } from '../report/tables/data.js';
import { defineStep } from './step.js';

export type { TokenisedDataset };

export type DataTableParams = { readonly rows: readonly TokenisedDataset[] };

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
