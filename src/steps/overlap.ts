import { defineStep } from './step.js';

export type OverlapParams = {
  /** Published code: an update that is zero has the energy rank 1, not 0, at every η; its direction is the one that is stored. */
  readonly zeroRank?: 1;
};

/** Content of `overlap`, as JSON: everything that any list of energies η needs. */
export type OverlapResult = {
  /** Ambient dimension: rows of u. */
  readonly d: number;
  /**
   * [r]: running sums of σ², of each update. A zero update has only zeros, and the energy rank `zeroRank`, 0 if absent. Of a
   * subspace zeros before a last 1, so that its energy rank is r at every η.
   */
  readonly energyA: readonly number[];
  readonly energyB: readonly number[];
  /** ‖U_A[:, :k_a]ᵀ U_B[:, :k_b]‖²_F at the points that an η-energy rank of either side reaches together. */
  readonly points: readonly { readonly kA: number; readonly kB: number; readonly shared: number }[];
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
