import { defineStep } from './step.js';

export type PrincipalAnglesParams = {
  /** η: each update counts with its first k vectors, k its η-energy rank. */
  readonly energy: number;
  /** Published code: see overlap. */
  readonly zeroRank?: 1;
};

/** `principal-angles[a,b,energy,tensor]`: angles between the subspaces of one tensor of two updates, or of an update and a subspace. */
export const principalAngles = defineStep<PrincipalAnglesParams>({
  kind: 'principal-angles',
  revision: 1,
  usesDevice: true,
  inputs: {
    'a-u': '[d, r] of an svd',
    'a-s?': '[r] of the same; without it all r columns count at every η: a subspace and no update',
    'b-u': '[d, r] of the other svd',
    'b-s?': '[r] of the other; likewise',
  },
  outputs: {
    angles: 'JSON: PrincipalAnglesResult',
  },
});
