import type { FewShot, QuestionForm } from '../eval/few-shot.js';
import type { PromptTemplate } from '../formats/dataset-choices.js';
import type { Sampling } from '../formats/response-choices.js';
import { type ModelRecipe, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type GenerateParams = {
  readonly model: ModelRecipe;
  readonly dataset: string;
  readonly prompts:
    | { readonly column: string; readonly template: PromptTemplate }
    | { readonly questions: QuestionForm; readonly fewshot: FewShot };
  /** Rows, from the first on; null: all. */
  readonly limit: number | null;
  readonly maxTokens: number;
  /** Texts that end a response; they are no part of it. */
  readonly stop: readonly string[];
  /** null: greedy. */
  readonly sampling: (Sampling & { readonly [field: string]: number | null }) | null;
};

/** One line of `responses`: `prompt` is the text that the model was given. */
export type GeneratedRow = { readonly prompt: string; readonly response: string };

/** `generate[metric,model]`: responses of a model to prompts. */
export const generate = defineStep<GenerateParams>({
  kind: 'generate',
  revision: 4,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    rows: 'JSON lines of the dataset',
    'examples?': 'JSON lines that examples are drawn from, where they are of another dataset',
  },
  outputs: {
    responses: 'JSON lines: GeneratedRow, one a row of the dataset from the first on',
  },
});
