import type { RubricChoice } from '../formats/response-choices.js';
import { type ModelRecipe, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type ModelJudgeParams = {
  /** The judge. */
  readonly model: ModelRecipe;
  readonly dataset: string;
  /** Column of what was asked. */
  readonly prompt: string;
  readonly rubric: RubricChoice;
  readonly template: 'chat' | 'raw';
  readonly maxTokens: number;
};

/** `model-judge[metric,model]`: scores of responses by a local model. */
export const modelJudge = defineStep<ModelJudgeParams>({
  kind: 'model-judge',
  revision: 5,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    rows: 'JSON lines of the dataset',
    responses: 'JSON lines of a generate step',
  },
  outputs: {
    scores: 'JSON: Scores, 1 … 5, or the values of a formula and the numbers that it is of',
    items: 'JSON lines for people, one an item',
  },
});
