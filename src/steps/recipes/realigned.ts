import type { CommonRecipe, RecipeContract } from './kind.js';

/** θ_A + Δ', with Δ' the update, or what the realignment makes of it. All else is that of `to`. */
export type RealignedModel = CommonRecipe & {
  readonly kind: 'realigned';
  /** Those that `choice` speaks of. */
  readonly tensors: readonly string[];
  /** SafeMERGE: weight of the safe update in the mean. Absent: SafeLoRA's product with C = V Vᵀ / ‖V‖. */
  readonly share?: number;
};

export const realigned: RecipeContract<RealignedModel> = {
  inputs: {
    'from?': 'whole node: the model where a realigned update starts',
    'to?': 'whole node: the model where it leads',
    'choice?': '`choice` of a realignment step',
    'basis/<tensor>': "without `share`: left singular vectors of the alignment's update",
    's/<tensor>': 'their singular values',
    'safe-from?': 'whole node, with `share`: the model where the safe update starts',
    'safe-to?': 'whole node: as safe-from, its end',
  },
  origin: 'to',
  makes: ({ tensors }, tensor) => tensors.includes(tensor),
  decides: ({ tensors, share }) => ({
    nodes: share === undefined ? ['from', 'to'] : ['from', 'to', 'safe-from', 'safe-to'],
    artifacts: ['choice', ...(share === undefined ? tensors.flatMap((name) => [`basis/${name}`, `s/${name}`]) : [])],
  }),
};
