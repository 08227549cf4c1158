import type { AnswerFilter } from '../formats/response-choices.js';
import { defineStep } from './step.js';

export type ExactMatchParams = {
  readonly dataset: string;
  /** Column of the right answer. */
  readonly answer: string;
  readonly extract: AnswerFilter;
};

/** `exact-match[metric,model]`: responses and right answers → which are right. */
export const exactMatch = defineStep<ExactMatchParams>({
  kind: 'exact-match',
  revision: 1,
  usesDevice: false,
  inputs: {
    rows: 'JSON lines of the dataset',
    responses: 'JSON lines of a generate step',
  },
  outputs: {
    scores: 'JSON: Scores, 1 right, 0 wrong',
    items: 'JSON lines for people, one an item',
  },
});
