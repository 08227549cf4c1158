import type { Metric, Workflow } from '../workflow.js';
import { isBehaviour } from './registry.js';

/** Metrics that measure something: those of behaviour where they name models, or a sweep names them; all others always. */
export function metricsInUse({ metrics, sweeps }: Pick<Workflow, 'metrics' | 'sweeps'>): Metric[] {
  const measured = new Set([...sweeps.values()].flatMap(({ measure }) => measure));
  return [...metrics.values()].filter(
    (metric) => !isBehaviour(metric) || metric.models.length > 0 || measured.has(metric.name),
  );
}
