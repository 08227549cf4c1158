import type { ModelRows } from './model-rows.js';
import { defineStep } from './step.js';

export type LossTableParams = ModelRows;

/** `loss-table`: the loss curves of all trained models of a workflow. */
export const lossTable = defineStep<LossTableParams>({
  kind: 'loss-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<model>': '`curve` of the train step of the model at this index',
  },
  outputs: {
    'loss.csv': 'one line a model and optimizer step',
  },
});
