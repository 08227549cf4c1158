import type { PromptTemplate } from '../formats/dataset-choices.js';
import { type ModelRecipe, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type ActivationsParams = {
  readonly model: ModelRecipe;
  readonly dataset: string;
  readonly prompt: string;
  readonly template: PromptTemplate;
  /** Tokens of a prompt; of longer ones the beginning is cut off. */
  readonly maxLength: number;
  /** Counted from the end of the prompt: −2 is the token before its last. Absent: the last. Goes with `maxTokens: null` only. */
  readonly position?: number;
  /** null: the last token of the prompt. Else the last of at most so many that the model generates. */
  readonly maxTokens: number | null;
  /**
   * Published code: the last position of batches of so many prompts, in their order, padded to the longest of them. Of a prompt that
   * is not the longest that is padding, which sees the prompt.
   */
  readonly padded?: { readonly batch: number };
  /** Hidden states are rounded to this type. */
  readonly heldAs?: 'F16';
};

/** `activations[metric,model,prompts]`: the hidden state of one token a prompt at every depth. */
export const activations = defineStep<ActivationsParams>({
  kind: 'activations',
  revision: 5,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    rows: 'JSON lines of the dataset',
  },
  outputs: {
    'hidden/<layer>': 'F32 [prompts, hidden]: Hᵀ at depth 0 … layers',
  },
});
