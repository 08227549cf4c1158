import { defineStep } from './step.js';

export type OverlapParams = {
  /** Published code: an update that is zero has the energy rank 1, not 0, at every η; its direction is the one that is stored. */
  readonly zeroRank?: 1;
};

/** `overlap[a,b,tensor]`: mode subspace overlap of one tensor of two updates, or of an update and a subspace, for every energy. */
export const overlap = defineStep<OverlapParams>({
  kind: 'overlap',
  revision: 2,
  usesDevice: true,
  inputs: {
    'a-u': '[d, r] of an svd',
    'a-s?': '[r] of the same; without it all r columns count at every η: a subspace and no update',
    'b-u': '[d, r] of the other svd',
    'b-s?': '[r] of the other; likewise',
  },
  outputs: {
    overlap: 'JSON: OverlapResult',
  },
});
