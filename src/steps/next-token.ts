import type { PromptTemplate } from '../formats/dataset-choices.js';
import { type ModelRecipe, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type NextTokenParams = {
  readonly model: ModelRecipe;
  readonly dataset: string;
  /** Column. */
  readonly prompt: string;
  readonly template: PromptTemplate;
  /** Rows, from the first on; null: all. */
  readonly limit: number | null;
};

/** `next-token[metric,model]`: what a model says of the first token behind each prompt. */
export const nextToken = defineStep<NextTokenParams>({
  kind: 'next-token',
  revision: 1,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    rows: 'JSON lines of the dataset',
  },
  outputs: {
    logits: 'F32 [prompts, vocabulary]',
    prompts: 'JSON lines: { ids }, the tokens of each prompt',
  },
});
