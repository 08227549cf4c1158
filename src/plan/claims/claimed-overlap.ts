import type { ClaimedPairs } from '../../steps/claims.js';
import { pairsOfMetric } from '../../workflow/metrics/registry.js';
import type { OverlapMetric, Workflow } from '../../workflow/workflow.js';
import { overlapPlan } from '../metrics/registry.js';

/** Tables in which a claim finds what a metric of pairs measures. */
export interface ClaimedOverlaps {
  readonly table: string;
  readonly pairs: ClaimedPairs;
  /** The metric, where the table is activations.csv. */
  readonly activations: string | null;
}

/** @param name a metric of pairs, which the language has made sure of */
export function overlapsOf(name: string, { metrics }: Workflow): ClaimedOverlaps {
  const overlap = metrics.get(name) as OverlapMetric;
  const { table, metric, models } = overlapPlan(overlap).rows(overlap);
  const pairs = pairsOfMetric(overlap).map((pair) => pair.join(':'));
  return { table, pairs: { models, pairs, energies: overlap.energies }, activations: metric };
}
