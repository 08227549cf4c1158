import type { ProjectionMode, Side } from '../../formats/projection.js';
import type { CommonRecipe, RecipeContract } from './kind.js';

/** θ_A + Δ_proj. config.json, tokenizer and tensors that Δ does not have are those of `from`. */
export type ProjectedModel = CommonRecipe & {
  readonly kind: 'projected';
  readonly mode: ProjectionMode;
  /** Side of all tensors, or of each by name. A 1-D tensor is a column, projected from the left whatever this says. */
  readonly side: Side | { readonly [tensor: string]: Side };
  /**
   * By tensor of the update. null: scalar projection onto the matrix that the subspace was made of; see `scalar` of EnergyParams.
   * `whole`: the subspace has no basis there, and Δ_proj = Δ in every mode.
   */
  readonly ranks: { readonly [tensor: string]: number | null | 'whole' };
  /** Seed of the Gaussian matrices that null projects onto; absent: the subspace's own update. The tensor's name is the stream. */
  readonly gaussian?: number;
  /** Random-K: seed by which the basis columns of every tensor are permuted first; the tensor's name is the stream. */
  readonly permute?: number;
  /** Number of rows, by tensor of an update of the first rows alone. The further rows of `from` stay. Absent: all rows of all tensors. */
  readonly rows?: { readonly [tensor: string]: number };
  /** The same of `onto-from` and `onto-to`. */
  readonly ontoRows?: { readonly [tensor: string]: number };
  readonly castUpdate?: 'F16';
  /** See EnergyParams. */
  readonly zeroAsUnits?: true;
};

export const projected: RecipeContract<ProjectedModel> = {
  inputs: {
    'from?': 'whole node: the model where a projected update starts',
    'to?': 'whole node: the model where it leads',
    'basis/<tensor>': 'of a tensor with a rank: as `basis` of an energy step',
    's/<tensor>': 'of a singular basis: as `s` of an energy step',
    'onto-from?':
      'whole node, where a rank is null and there is no `gaussian`: the start of the update that the subspace was made of',
    'onto-to?': 'whole node: as onto-from, its end',
  },
  origin: 'from',
  makes: ({ ranks }, tensor) => Object.hasOwn(ranks, tensor),
  decides: ({ ranks }) => ({
    nodes: ['from', 'to', 'onto-from', 'onto-to'],
    artifacts: Object.keys(ranks).flatMap((tensor) => [`basis/${tensor}`, `s/${tensor}`]),
  }),
};
