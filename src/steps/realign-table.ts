import type { ModelRows } from './model-rows.js';
import { defineStep } from './step.js';

export type RealignTableParams = ModelRows;

/** `realign-table`: which tensors the realigned models of a workflow change, and why. */
export const realignTable = defineStep<RealignTableParams>({
  kind: 'realign-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<model>': '`choice` of a realignment step',
  },
  outputs: {
    'realign.csv': 'one line a model and tensor',
  },
});
