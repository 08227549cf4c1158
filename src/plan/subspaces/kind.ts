import type { Side } from '../../formats/projection.js';
import type { Input } from '../../steps/step.js';
import type { UpdateExpansion, UpdateNode, UpdateTensor } from '../expand-updates.js';
import type { PlanBuilder } from '../plan-builder.js';

/** What the plan knows of a kind of subspace. `seed` is one of the subspace's, null where it has none. */
export interface SubspacePlan<Subspace> {
  /** Adds the step that makes the basis of one tensor. */
  basis(wanted: WantedBasis<Subspace>, parts: BasisParts): Basis;
  /** The text of the report. */
  text(subspace: Subspace): string;
  /** The columns of the basis are permuted by the seed before they are taken. */
  readonly permuted: boolean;
  /** What a scalar projection, of reference semantics, projects onto: the subspace's update, or a Gaussian matrix of the seed. */
  readonly scalar: 'update' | 'gaussian';
}

export interface WantedBasis<Subspace> {
  readonly subspace: Subspace;
  readonly seed: number | null;
  /** The subspace in the ids of steps, with its seed. */
  readonly name: string;
  readonly tensor: UpdateTensor;
  /** Of a vector always left. */
  readonly side: Side;
  /** The update that the subspace is made of. */
  readonly onto: UpdateNode;
}

export interface BasisParts {
  readonly updates: UpdateExpansion;
  readonly builder: PlanBuilder;
}

/** The basis of a subspace in one tensor, and for one made of singular vectors the singular values. */
export interface Basis {
  readonly basis: Input;
  readonly s?: Input;
}
