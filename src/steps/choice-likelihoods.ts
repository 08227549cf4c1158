import type { ChoiceExamples, ChoiceForm } from '../formats/choice-questions.js';
import { type ModelRecipe, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type ChoiceLikelihoodsParams = {
  readonly model: ModelRecipe;
  readonly dataset: string;
  readonly questions: ChoiceForm;
  /** Absent: there are none. */
  readonly fewshot?: ChoiceExamples;
  /** Questions (of each group, where there are groups) from the first on; null: all. */
  readonly limit: number | null;
  /** Whether the tokenizer's beginning of sequence stands before a context. */
  readonly bos: 'tokenizer' | 'none';
  /** Tokens of context and choice that the model reads; absent: as many as it was made for. */
  readonly maxLength?: number;
};

/** One line of `likelihoods`: a question as the model was asked it. */
export type ChoiceLikelihoods = {
  /** Position among the rows of the dataset. */
  readonly row: number;
  readonly context: string;
  /** What follows the context, choice by choice, without the delimiter. */
  readonly choices: readonly string[];
  /** ln P(choice | context), summed over its tokens. */
  readonly logLikelihoods: readonly number[];
};

/** `choice-likelihoods[metric,model]`: how likely a model finds the choices of questions. */
export const choiceLikelihoods = defineStep<ChoiceLikelihoodsParams>({
  kind: 'choice-likelihoods',
  revision: 1,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    rows: 'JSON lines of the dataset',
    'examples?': 'JSON lines that examples are taken from, where they are of another dataset',
  },
  outputs: {
    likelihoods: 'JSON lines: ChoiceLikelihoods, in the order of the rows',
  },
});
