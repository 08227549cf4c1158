import type { CommonRecipe, RecipeContract } from './kind.js';

/** The input `shifted` with times · r added to the stream that enters a layer, at every token. No weight changes. */
export type ShiftedModel = CommonRecipe & {
  readonly kind: 'shifted';
  readonly layer: number;
  readonly times: number;
};

export const shifted: RecipeContract<ShiftedModel> = {
  inputs: {
    'shifted?': 'whole node: the model whose residual stream is shifted',
    'vector?': 'F64 [hidden]: r, what a multiple of is added to the stream',
  },
  origin: 'shifted',
  unwritable: true,
  makes: () => false,
  decides: () => ({ nodes: ['shifted'], artifacts: ['vector'] }),
};
