import type { Side } from '../../formats/projection.js';
import type { CommonRecipe, RecipeContract } from './kind.js';

/** Directions taken out of weights: W − Q_k Q_kᵀ W where they act left, W − W Q_k Q_kᵀ where right. The rest is that of `ablated`. */
export type AblatedModel = CommonRecipe & {
  readonly kind: 'ablated';
  /** Number of directions k, by tensor that is changed. */
  readonly ranks: { readonly [tensor: string]: number };
  readonly sides: { readonly [tensor: string]: Side };
};

export const ablated: RecipeContract<AblatedModel> = {
  inputs: {
    'ablated?': 'whole node: the model that directions are taken out of',
    'basis/<tensor>': 'of a tensor with a rank: as `basis` of an energy step',
    's/<tensor>': 'of a singular basis: as `s` of an energy step',
  },
  origin: 'ablated',
  makes: ({ ranks }, tensor) => Object.hasOwn(ranks, tensor),
  decides: ({ ranks }) => ({
    nodes: ['ablated'],
    artifacts: Object.keys(ranks).flatMap((tensor) => [`basis/${tensor}`, `s/${tensor}`]),
  }),
};
