import type { KlParams } from '../../steps/kl.js';
import type { NextTokenParams } from '../../steps/next-token.js';
import type { KlMetric } from '../../workflow/metrics/kl.js';
import type { BehaviourPlan } from './kind.js';

export const kl: BehaviourPlan<KlMetric> = {
  items: false,
  score({ on, reference, prompt, template, limit }, subject) {
    const asked = { dataset: `datasets.${on}`, prompt, template, limit };
    const rows = subject.rows(on);
    const compared = subject.other(reference);
    const nextToken: NextTokenParams = { model: compared.model, ...asked };
    const node = subject.shared('next-token', reference, nextToken, { ...compared.inputs, rows });
    const params: KlParams = { model: subject.model.model, ...asked };
    return subject.score('kl', params, { ...subject.model.inputs, rows, reference: { node, output: '*' } });
  },
};
