import { defineStep } from './step.js';

/** `difference-vector[subspace]`: difference of the mean hidden states of two sets of prompts, r = mean(a) − mean(b), in f64. */
export const differenceVector = defineStep<Record<string, never>>({
  kind: 'difference-vector',
  revision: 1,
  usesDevice: false,
  inputs: {
    a: '[prompts, hidden] of the first set',
    b: '[prompts, hidden] of the second set',
  },
  outputs: { r: 'F64 [hidden]: the difference, as long as it is' },
});
