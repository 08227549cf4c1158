import { type MadeModel, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type ProjectParams = { readonly model: MadeModel };

/** `project[model]`: writes the model of a recipe. */
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
