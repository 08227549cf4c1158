import type { CkaTableRow } from '../report/tables/cka.js';
import { defineStep } from './step.js';

export type CkaTableParams = { readonly rows: readonly CkaTableRow[] };

/** `cka-table`: all CKAs of a workflow. */
export const ckaTable = defineStep<CkaTableParams>({
  kind: 'cka-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<row>': '`cka` of a cka step',
  },
  outputs: {
    'cka.csv': 'one line a pair of models, set of prompts and layer',
  },
});
