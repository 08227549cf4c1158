import type { ExactMatchParams } from '../../steps/exact-match.js';
import type { ExactMatchMetric } from '../../workflow/metrics/exact-match.js';
import type { BehaviourPlan } from './kind.js';

export const exactMatch: BehaviourPlan<ExactMatchMetric> = {
  items: true,
  score({ on, question, answer, template, fewshot, extract, limit, maxTokens, stop }, subject) {
    // Without examples no answer is shown to the model: another column of answers must not make it respond again.
    const prompts =
      fewshot.n === 0
        ? { column: question, template }
        : { questions: { question, answer, template }, fewshot: { n: fewshot.n, seed: fewshot.seed } };
    const examples = fewshot.n > 0 && fewshot.from !== null ? { examples: subject.rows(fewshot.from) } : {};
    const responses = subject.responses({ prompts, limit, maxTokens, stop, sampling: null }, examples);
    const params: ExactMatchParams = { dataset: `datasets.${on}`, answer, extract };
    return subject.score('exact-match', params, { rows: subject.rows(on), responses });
  },
};
