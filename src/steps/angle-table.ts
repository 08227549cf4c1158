import type { AngleTableRow } from '../report/tables/angles.js';
import { defineStep } from './step.js';

export type AngleTableParams = { readonly rows: readonly AngleTableRow[] };

/** `angle-table`: all principal angles of a workflow. */
export const angleTable = defineStep<AngleTableParams>({
  kind: 'angle-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<row>/<tensor>': '`angles` of a principal-angles step',
  },
  outputs: {
    'angles.csv': 'one line a pair, tensor and energy',
  },
});
