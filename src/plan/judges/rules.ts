import type { JudgeParams } from '../../steps/judge.js';
import type { RulesJudge } from '../../workflow/judges/rules.js';
import type { JudgePlan } from './kind.js';

export const rules: JudgePlan<RulesJudge> = {
  score({ refusals, contains }, { dataset, prompt, inputs }, subject) {
    const params: JudgeParams = {
      dataset,
      prompt,
      judge: { rules: { refusals, ...(contains === undefined ? {} : { contains }) } },
    };
    return subject.score('judge', params, inputs);
  },
};
