import type { ActivationTableRow } from '../report/tables/activations.js';
import { defineStep } from './step.js';

export type { ActivationTableRow };

export type ActivationTableParams = { readonly rows: readonly ActivationTableRow[] };

/** `activation-table`: all overlaps of activations of a workflow. */
export const activationTable = defineStep<ActivationTableParams>({
  kind: 'activation-table',
  revision: 2,
  usesDevice: false,
  inputs: {
    '<row>': '`overlap` of an overlap step',
  },
  outputs: {
    'activations.csv': 'one line a model, pair, layer and energy',
  },
});
