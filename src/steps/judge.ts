import type { OpenAiJudgeConfig } from '../eval/openai-judge.js';
import type { Rules } from '../eval/rules-judge.js';
import { defineStep } from './step.js';

export type JudgeParams = {
  readonly dataset: string;
  /** Column of what was asked; the judge does not see the template around it. */
  readonly prompt: string;
  readonly judge: { readonly rules: Rules } | { readonly openai: OpenAiJudgeConfig };
};

/** How a server's verdicts are got, whatever they are: no part of the key. Rules need none. */
export type JudgeHints =
  | {
      /** Name of the environment variable that holds the key; absent: none is sent. */
      readonly key?: string;
      readonly concurrency: number;
      readonly attempts: number;
      readonly timeoutSeconds: number;
      /** Whose budget it is: all steps of a run that name it share it. */
      readonly judge: string;
      /** How many models' responses that judge gets. */
      readonly responseSets: number;
      readonly budget: { readonly requests?: number; readonly tokens?: number };
    }
  | { readonly judge?: never };

/** `judge[metric,model]`: responses → a judge's scores, by rules or by a server. */
export const judge = defineStep<JudgeParams, JudgeHints>({
  kind: 'judge',
  revision: 4,
  usesDevice: false,
  inputs: {
    rows: 'JSON lines of the dataset',
    responses: 'JSON lines of a generate step',
  },
  outputs: {
    scores: 'JSON: Scores, 1 … 5, or the values of a formula and the numbers that it is of',
    items: 'JSON lines for people, one an item',
  },
});
