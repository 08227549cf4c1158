import type { RefusalRateParams } from '../../steps/refusal-rate.js';
import type { RefusalRateMetric } from '../../workflow/metrics/refusal-rate.js';
import type { BehaviourPlan } from './kind.js';

export const refusalRate: BehaviourPlan<RefusalRateMetric> = {
  items: true,
  score({ on, prompt, phrases, template, limit, maxTokens, stop }, subject) {
    const responses = subject.responses({
      prompts: { column: prompt, template },
      limit,
      maxTokens,
      stop,
      sampling: null,
    });
    const params: RefusalRateParams = { dataset: `datasets.${on}`, phrases };
    return subject.score('refusal-rate', params, { rows: subject.rows(on), responses });
  },
};
