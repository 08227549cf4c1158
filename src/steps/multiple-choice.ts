import type { ChoiceColumns, ChoiceScore } from '../formats/choice-questions.js';
import { defineStep } from './step.js';

export type MultipleChoiceParams = {
  readonly dataset: string;
  readonly columns: ChoiceColumns;
  /** Path of the right answer. */
  readonly answer: string;
  /** Path of the group that a row belongs to; absent: there are none. */
  readonly groups?: string;
  /** The first one is the metric's own, the others are named scores. */
  readonly scores: readonly [ChoiceScore, ...ChoiceScore[]];
};

/** `multiple-choice[metric,model]`: likelihoods of choices and right answers → scores of questions. */
export const multipleChoice = defineStep<MultipleChoiceParams>({
  kind: 'multiple-choice',
  revision: 1,
  usesDevice: false,
  inputs: {
    rows: 'JSON lines of the dataset',
    likelihoods: 'JSON lines of a choice-likelihoods step',
  },
  outputs: {
    scores: 'JSON: Scores, 0 … 1',
    items: 'JSON lines for people, one an item, with the field names of lm-evaluation-harness',
  },
});
