import type { OverlapTableRow } from '../report/tables/overlap.js';
import { defineStep } from './step.js';

export type { OverlapTableRow };

export type OverlapTableParams = { readonly rows: readonly OverlapTableRow[] };

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
