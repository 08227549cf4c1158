import { defineStep } from './step.js';

export type FetchDatasetParams = {
  readonly repo: string;
  readonly commit: string;
  /** Files by name, or the parquet files in the folder `<config>/<split>` of the hub's conversion branch. */
  readonly rows: { readonly files: readonly string[] } | { readonly config: string; readonly split: string };
};

/** `fetch-dataset[dataset]`: a dataset of the Hugging Face hub at a commit. Its files come into the hub's cache and stay there. */
export const fetchDataset = defineStep<FetchDatasetParams>({
  kind: 'fetch-dataset',
  revision: 1,
  usesDevice: false,
  inputs: {},
  outputs: {
    'file/<path>': 'a data file',
  },
});
