import { modelInputs, type ProjectedModel } from './model-recipe.js';
import { defineStep } from './step.js';

export type ProjectParams = { readonly model: ProjectedModel };

/** `project[model]`: writes a model with a projected update. */
export const project = defineStep<ProjectParams>({
  kind: 'project',
  revision: 2,
  usesDevice: true,
  inputs: {
    ...modelInputs,
  },
  outputs: {
    'tensor/<name>': 'a weight, in its storage type',
    'file/<name>': 'config.json, and the tokenizer where it has one',
  },
});
