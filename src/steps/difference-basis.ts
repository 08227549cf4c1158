import { defineStep } from './step.js';

export type DifferenceBasisParams = {
  /** Number of directions: of pairs of inputs. */
  readonly directions: number;
};

/**
 * `difference-basis[subspace]`: differences of the mean hidden states of two sets of prompts, r_i = mean(a_i) − mean(b_i), made
 * orthonormal in their order. Sums are f64.
 */
export const differenceBasis = defineStep<DifferenceBasisParams>({
  kind: 'difference-basis',
  revision: 1,
  usesDevice: false,
  inputs: {
    'a/<direction>': '[prompts, hidden] of the first set, direction 0, 1, …',
    'b/<direction>': '[prompts, hidden] of the second set',
  },
  outputs: {
    q: 'F32 [hidden, directions]: orthonormal columns, the first k spanned by the first k differences',
  },
});
