import type { BehaviourMetric, Metric, MetricOf, PairMetric } from '../../workflow/metrics/metric.js';
import { activationMso } from './activation-mso.js';
import { exactMatch } from './exact-match.js';
import { judge } from './judge.js';
import type { BehaviourPlan, PairPlan, PlanParts } from './kind.js';
import { loss } from './loss.js';
import { mso } from './mso.js';

const metricPlans: {
  readonly [K in Metric['kind']]: MetricOf<K> extends BehaviourMetric
    ? BehaviourPlan<MetricOf<K>>
    : PairPlan<MetricOf<K>>;
} = {
  mso,
  'activation-mso': activationMso,
  'exact-match': exactMatch,
  judge,
  loss,
};

/** The registry says that a plan takes just such a metric. */
export function behaviourPlan({ kind }: BehaviourMetric): BehaviourPlan<BehaviourMetric> {
  return metricPlans[kind] as BehaviourPlan<BehaviourMetric>;
}

/** The same of metrics of pairs. */
export function pairPlan({ kind }: PairMetric): PairPlan<PairMetric> {
  return metricPlans[kind] as PairPlan<PairMetric>;
}

/** Adds the steps of metrics that have a table of their own: first those of updates, later those that run models. */
export function expandPairs(of: PairPlan<PairMetric>['of'], parts: PlanParts): void {
  const metrics = [...parts.workflow.metrics.values()];
  for (const [kind, plan] of Object.entries(metricPlans)) {
    if (!('expand' in plan) || plan.of !== of) continue;
    const own = metrics.filter((metric) => metric.kind === kind) as PairMetric[];
    (plan as PairPlan<PairMetric>).expand(own, parts);
  }
}
