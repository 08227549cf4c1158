import { defineStep } from './step.js';

export type ActivationTableParams = { readonly rows: readonly ActivationTableRow[] };

export type ActivationTableRow = {
  readonly metric: string;
  readonly model: string;
  /** Names of the two sets of prompts. */
  readonly pair: readonly [string, string];
  /** 0: embeddings; the last: after the final norm. */
  readonly layer: number;
  /** Whether the layer lies in the window that means are taken over. */
  readonly inWindow: boolean;
  /** Ascending. */
  readonly energies: readonly number[];
};

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
