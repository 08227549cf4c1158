import type { JudgeHints, JudgeParams } from '../../steps/judge.js';
import type { OpenAiJudge } from '../../workflow/judges/openai.js';
import type { JudgePlan } from './kind.js';

export const openai: JudgePlan<OpenAiJudge> = {
  score(judge, { metric, dataset, prompt, inputs }, subject) {
    const { model, url, rubric, maxTokens, temperature, seed, key, asking } = judge;
    const sampling = temperature === undefined ? { maxTokens, seed } : { maxTokens, temperature, seed };
    const params: JudgeParams = { dataset, prompt, judge: { openai: { model, url, rubric, ...sampling } } };
    const hints: JudgeHints = {
      judge: `metrics.${metric}`,
      responseSets: subject.responseSets,
      ...asking,
      ...(key === undefined ? {} : { key }),
    };
    return subject.score('judge', params, inputs, { hints });
  },
};
