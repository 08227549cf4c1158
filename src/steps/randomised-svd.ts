import { defineStep } from './step.js';

export type RandomisedSvdParams = {
  /** q. */
  readonly vectors: number;
  /** Power iterations. */
  readonly iterations: number;
  readonly seed: number;
  /** Names of the update and the tensor. */
  readonly stream: string;
};

/** `randomised-svd[update,tensor]`: what a randomised SVD (Halko, Martinsson and Tropp 2011) of the same matrix gives, as torch.svd_lowrank computes it. */
export const randomisedSvd = defineStep<RandomisedSvdParams>({
  kind: 'randomised-svd',
  revision: 1,
  usesDevice: true,
  inputs: {
    u: '[m, r] of an svd',
    s: '[r] of an svd',
  },
  outputs: {
    u: 'F32 [m, q]',
    s: 'F64 [q]',
  },
});
