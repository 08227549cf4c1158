import type { RefusalPhrases } from '../formats/response-choices.js';
import { defineStep } from './step.js';

export type RefusalRateParams = {
  readonly dataset: string;
  readonly phrases: RefusalPhrases;
};

/** `refusal-rate[metric,model]`: responses → which of them refuse. */
export const refusalRate = defineStep<RefusalRateParams>({
  kind: 'refusal-rate',
  revision: 1,
  usesDevice: false,
  inputs: {
    rows: 'JSON lines of the dataset',
    responses: 'JSON lines of a generate step',
  },
  outputs: {
    scores: 'JSON: Scores, 1 refuses, 0 does not; an empty response is invalid',
    items: 'JSON lines for people, one an item',
  },
});
