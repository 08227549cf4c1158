import type { ModelJudgeParams } from '../../steps/model-judge.js';
import type { ModelJudge } from '../../workflow/judges/model.js';
import type { JudgePlan } from './kind.js';

export const model: JudgePlan<ModelJudge> = {
  score({ model: name, rubric, template, maxTokens }, { dataset, prompt, inputs }, subject) {
    const judging = subject.other(name);
    const params: ModelJudgeParams = { model: judging.model, dataset, prompt, rubric, template, maxTokens };
    return subject.scoreLater('model-judge', params, { ...judging.inputs, ...inputs });
  },
};
