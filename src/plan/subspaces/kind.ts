import type { Side } from '../../formats/projection.js';
import type { Input } from '../../steps/step.js';
import type { DatasetExpansion } from '../expand-datasets.js';
import type { UpdateExpansion, UpdateNode, UpdateTensor, Waiting } from '../expand-updates.js';
import type { ModelFacts } from '../facts.js';
import type { ModelNode } from '../model-node.js';
import type { PlanBuilder } from '../plan-builder.js';

/** What the plan knows of a kind of subspace. `seed` is one of the subspace's, null where it has none. */
export interface SubspacePlan<Subspace> {
  /** Adds the step that makes the basis of one tensor. */
  basis(wanted: WantedBasis<Subspace>, parts: BasisParts): Basis;
  /** The text of the report. */
  text(subspace: Subspace): string;
  /** The columns of the basis are permuted by the seed before they are taken. */
  readonly permuted: boolean;
  /**
   * What a scalar projection, of reference semantics, projects onto: the subspace's update, or a Gaussian matrix of the seed.
   * null: there is none, and the rank of the fraction is taken.
   */
  readonly scalar: 'update' | 'gaussian' | null;
  /** Its own sides and numbers of directions. Absent: it acts where a projection asks, with the tensor's r directions. */
  readonly own?: OwnDirections<Subspace>;
}

/** Places where a subspace acts by its definition. The kind says in the language on which side (`side` of SubspaceKind). */
export interface OwnDirections<Subspace> {
  /** The tensors of the model that it is made of, those that it does not act on, too. */
  tensors(subspace: Subspace, parts: BasisParts): readonly UpdateTensor[] | Waiting;
  /** null: the subspace has no basis in this tensor, whose update stays whole. */
  action(subspace: Subspace, tensor: UpdateTensor): ActionOnTensor | null;
  /** Those of a model's tensors that the directions are taken out of where they are ablated; or why they cannot be, as a text. */
  ablated(subspace: Subspace, tensors: readonly UpdateTensor[]): readonly UpdateTensor[] | string;
  /** Adds the step that makes its one vector of the residual stream, as long as it is; or why there is none, as a text. */
  vector(subspace: Subspace, parts: BasisParts): StreamVector | string;
}

/** A vector of the residual stream that enters a layer. */
export interface StreamVector {
  readonly layer: number;
  readonly vector: Input;
  /** Those of the model that it is of. */
  readonly facts: ModelFacts;
}

/** How a subspace acts on a tensor. */
export interface ActionOnTensor {
  readonly side: Side;
  /** Columns of the basis, of which fractions are taken. */
  readonly directions: number;
}

export interface WantedBasis<Subspace> {
  readonly subspace: Subspace;
  readonly seed: number | null;
  /** The subspace in the ids of steps, with its seed. */
  readonly name: string;
  readonly tensor: UpdateTensor;
  /** Side of the tensor; always left for a vector. */
  readonly side: Side;
  /** The update that the subspace is made of; absent where it is made of none. */
  readonly onto?: UpdateNode;
}

/** What bases are planned with. */
export interface BasisParts {
  readonly updates: UpdateExpansion;
  readonly datasets: DatasetExpansion;
  /** The models that are planned already, by name: those that the subspace is made of are. */
  readonly made: ReadonlyMap<string, ModelNode>;
  readonly builder: PlanBuilder;
}

/** The basis of a subspace in one tensor, and for one made of singular vectors the singular values. */
export interface Basis {
  readonly basis: Input;
  readonly s?: Input;
}
