import type { CommonRecipe, RecipeContract } from './kind.js';

/** The input `model`, run as it is. */
export type WholeModel = CommonRecipe & { readonly kind: 'whole' };

export const whole: RecipeContract<WholeModel> = {
  inputs: { 'model?': 'whole node: a model that is run as it is' },
  origin: 'model',
  makes: () => false,
  decides: () => ({ nodes: ['model'], artifacts: [] }),
};
