import type { LossParams } from '../../steps/loss.js';
import type { LossMetric } from '../../workflow/metrics/loss.js';
import type { BehaviourPlan } from './kind.js';

export const loss: BehaviourPlan<LossMetric> = {
  items: false,
  score({ tokens: options }, subject) {
    const tokens = subject.tokens(options);
    const { model, inputs } = subject.model;
    const params: LossParams = { model };
    return subject.score('loss', params, { ...inputs, tokens });
  },
};
