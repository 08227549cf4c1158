import type { Transforms } from '../formats/dataset-choices.js';
import { defineStep } from './step.js';

export type RowsParams = {
  /** File names in reading order; without it all data files, by name. */
  readonly files?: readonly string[];
  readonly transforms: Transforms;
};

/** `rows[dataset]`: a dataset's rows, read from its files and put through its transforms. */
export const rows = defineStep<RowsParams>({
  kind: 'rows',
  revision: 2,
  usesDevice: false,
  inputs: {
    files: 'whole node: a folder or a fetched dataset',
  },
  outputs: {
    rows: 'JSON lines, one object a row',
  },
});
