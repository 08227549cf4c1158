import { defineStep } from './step.js';

export type OverlapTableParams = { readonly rows: readonly OverlapTableRow[] };

export type OverlapTableRow = {
  /** Names of the two updates. */
  readonly pair: readonly [string, string];
  /** Ascending. */
  readonly energies: readonly number[];
  readonly tensors: readonly string[];
};

/** `overlap-table`: all overlap results of a workflow. */
export const overlapTable = defineStep<OverlapTableParams>({
  kind: 'overlap-table',
  revision: 2,
  usesDevice: false,
  inputs: {
    '<row>/<tensor>': '`overlap` of an overlap step',
  },
  outputs: {
    'overlap.csv': 'one line a pair, tensor and energy',
  },
});
