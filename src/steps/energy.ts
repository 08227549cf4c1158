import type { ProjectionMode, Side } from '../formats/projection.js';
import { defineStep } from './step.js';

export type EnergyParams = {
  readonly mode: ProjectionMode;
  /** right: Δ P, left: P Δ. A 1-D tensor is a column, projected from the left whatever the sweep says. */
  readonly side: Side;
  /** Ascending, without repeats, 1 … r. */
  readonly ranks: readonly number[];
  /** Random-K: the basis columns are first permuted by this seed and stream (the tensor's name). */
  readonly permute?: { readonly seed: number; readonly stream: string };
  /**
   * Published code, fractions ≥ 1 and tensors of three dimensions: scalar projection of Δ onto the matrix that the subspace
   * was made of instead of a rank. That is its update, or a Gaussian matrix of this seed and stream (the tensor's name).
   * `whole`: the subspace has no basis in the tensor; Δ is projected onto itself, in mode parallel: it is kept whole.
   */
  readonly scalar?: 'update' | 'whole' | { readonly seed: number; readonly stream: string };
  readonly heldAs?: 'F16';
  /** Both ends are read up to this row alone: an update of the rows that two vocabularies have in common. Absent: all rows. */
  readonly rows?: number;
  /** The same of `onto-from` and `onto-to`. */
  readonly ontoRows?: number;
  /** The projected update is rounded to this type, as the published code does before it is added. */
  readonly castUpdate?: 'F16';
  /** The basis of a zero matrix (not of a zero vector) is kept: the unit vectors, which LAPACK returns to the published code. */
  readonly zeroAsUnits?: true;
};

/** `energy[update,subspace,…,tensor]`: energy that a projection keeps of one tensor of an update, for every rank. */
export const energy = defineStep<EnergyParams>({
  kind: 'energy',
  revision: 3,
  usesDevice: true,
  inputs: {
    from: 'the tensor where the update starts',
    to: 'the tensor where it leads',
    'basis?':
      "absent with `scalar: whole`; [d, r]: `v` of the subspace's svd when `side` is right, `u` when it is left or the tensor is 1-D, `q` of a random basis",
    's?': '[r] of a singular basis: vectors of singular value 0 span nothing of the update and keep nothing',
    'onto-from?': 'with `scalar: update`: the same of the update that the subspace was made of',
    'onto-to?': 'as onto-from',
  },
  outputs: {
    energy: 'JSON: EnergyResult',
  },
});
