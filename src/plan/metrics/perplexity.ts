import type { LossParams } from '../../steps/loss.js';
import type { PerplexityMetric } from '../../workflow/metrics/perplexity.js';
import type { BehaviourPlan } from './kind.js';

/** The step is the one of a loss: what is measured is the same, and only its mean is read in another way. */
export const perplexity: BehaviourPlan<PerplexityMetric> = {
  items: false,
  score({ tokens: options }, subject) {
    const tokens = subject.tokens(options);
    const { model, inputs } = subject.model;
    const params: LossParams = { model };
    return subject.score('loss', params, { ...inputs, tokens });
  },
};
