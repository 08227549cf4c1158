import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import type { ImportedScoresParams } from '../../steps/imported-scores.js';
import type { ImportedMetric } from '../../workflow/metrics/imported.js';
import type { BehaviourPlan } from './kind.js';

export const imported: BehaviourPlan<ImportedMetric> = {
  items: false,
  score({ name, range, on, from, model, item, score, id, bounds, limit }, subject) {
    if (subject.named === null) {
      const message = `metric ${name} has scores of whole models, and a sweep measures it along its points`;
      const hint = 'Remove it from measure, and name its models under models.';
      throw new InvalidWorkflowError([{ severity: 'error', code: 'unmeasured-point', message, range, hint }]);
    }
    const params: ImportedScoresParams = {
      model: subject.named,
      columns: { model, item, score },
      ...(id !== null && { id }),
      limit,
      ...(bounds !== null && { bounds }),
    };
    return subject.score('imported-scores', params, { rows: subject.rows(on), scored: subject.rows(from) });
  },
};
