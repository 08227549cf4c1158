import { type ModelRecipe, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

/** Tokens of a row: those that the model is to write, those before them, or both. */
export type ChosenTokens = 'response' | 'prompt' | 'all';

export type InputMomentsParams = {
  readonly model: ModelRecipe;
  /** Whose vectors are summed over. */
  readonly tokens: ChosenTokens;
  /** Rows: the first so many. */
  readonly limit: number;
};

/**
 * `input-moments[subspace,model]`: second moments of what the linear layers of a model take, summed (not averaged) over chosen
 * tokens: Σ x xᵀ = XᵀX, or Σ y yᵀ = YᵀY of y = W x without the bias, where that is smaller; see linearMoments. x and y are f32,
 * their products and sums f64.
 */
export const inputMoments = defineStep<InputMomentsParams>({
  kind: 'input-moments',
  revision: 1,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    tokens: 'all outputs of a tokenise step',
  },
  outputs: {
    'inputs/<layer>': 'F64 [n (n + 1) / 2]: the lower triangle of XᵀX [n, n], row after row',
    'outputs/<tensor>': 'F64 [m (m + 1) / 2]: the same of YᵀY [m, m]',
  },
});
