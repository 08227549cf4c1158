import type { JudgeMetric } from '../../workflow/metrics/judge.js';
import { judgePlan } from '../judges/registry.js';
import type { BehaviourPlan } from './kind.js';

export const judge: BehaviourPlan<JudgeMetric> = {
  items: true,
  score({ name, on, prompt, template, judge: asked, limit, maxTokens, stop, sampling }, subject) {
    const prompts = { column: prompt, template };
    const drawn = sampling === null ? null : { ...sampling };
    const responses = subject.responses({ prompts, limit, maxTokens, stop, sampling: drawn });
    const inputs = { rows: subject.rows(on), responses };
    return judgePlan(asked).score(asked, { metric: name, dataset: `datasets.${on}`, prompt, inputs }, subject);
  },
};
