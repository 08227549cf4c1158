import { type ModelRecipe, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type LossParams = { readonly model: ModelRecipe };

/** `loss[metric,model]`: mean token loss of a model on rows. */
export const loss = defineStep<LossParams>({
  kind: 'loss',
  revision: 3,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    tokens: 'whole node: a tokenise step',
  },
  outputs: {
    scores: 'JSON: Scores, the mean loss of a row, weighted by its targets',
  },
});
