import type { ChoiceColumns } from '../../formats/choice-questions.js';
import type { ChoiceLikelihoodsParams } from '../../steps/choice-likelihoods.js';
import type { MultipleChoiceParams } from '../../steps/multiple-choice.js';
import type { MultipleChoiceMetric } from '../../workflow/metrics/multiple-choice.js';
import type { BehaviourPlan } from './kind.js';

export const multipleChoice: BehaviourPlan<MultipleChoiceMetric> = {
  items: true,
  score(metric, subject) {
    const { on, choices, labels, answer, groups, scores, fewshot, limit, bos, maxLength } = metric;
    const { question, template, continuation, description, chat, prefix } = metric;
    const dataset = `datasets.${on}`;
    const columns: ChoiceColumns = { choices, ...(labels !== null && { labels }) };
    const grouping = groups === null ? {} : { groups };
    const { model, inputs } = subject.model;
    // Without examples no answer is shown to the model: another column of answers must not make it read again.
    const params: ChoiceLikelihoodsParams = {
      model,
      dataset,
      questions: {
        ...columns,
        question,
        template,
        continuation,
        ...(description !== null && { description }),
        ...(chat && { chat }),
        ...(prefix !== null && { prefix }),
        ...grouping,
      },
      ...(fewshot.n > 0 && { fewshot: { n: fewshot.n, answer, pick: fewshot.pick } }),
      limit,
      bos,
      ...(maxLength !== null && { maxLength }),
    };
    const rows = subject.rows(on);
    const examples = fewshot.n > 0 && fewshot.from !== null ? { examples: subject.rows(fewshot.from) } : {};
    const likelihoods = subject.score('choice-likelihoods', params, { ...inputs, rows, ...examples });
    const scored: MultipleChoiceParams = { dataset, columns, answer, ...grouping, scores };
    return subject.score('multiple-choice', scored, {
      rows,
      likelihoods: { node: likelihoods, output: 'likelihoods' },
    });
  },
};
