import type { BehaviourMetric, Metric, MetricOf, OverlapMetric, TableMetric } from '../../workflow/metrics/metric.js';
import { activationMso } from './activation-mso.js';
import { cka } from './cka.js';
import { command } from './command.js';
import { cosine } from './cosine.js';
import { exactMatch } from './exact-match.js';
import { imported } from './imported.js';
import { judge } from './judge.js';
import type { BehaviourPlan, OverlapPlan, PlanParts, TablePlan } from './kind.js';
import { kl } from './kl.js';
import { loss } from './loss.js';
import { mso } from './mso.js';
import { multipleChoice } from './multiple-choice.js';
import { perplexity } from './perplexity.js';
import { principalAngles } from './principal-angles.js';
import { refusalRate } from './refusal-rate.js';
import { spectrum } from './spectrum.js';

const metricPlans: {
  readonly [K in Metric['kind']]: MetricOf<K> extends BehaviourMetric
    ? BehaviourPlan<MetricOf<K>>
    : MetricOf<K> extends OverlapMetric
      ? OverlapPlan<MetricOf<K>>
      : TablePlan<MetricOf<K>>;
} = {
  mso,
  'activation-mso': activationMso,
  spectrum,
  cosine,
  'principal-angles': principalAngles,
  cka,
  'exact-match': exactMatch,
  judge,
  'refusal-rate': refusalRate,
  kl,
  loss,
  perplexity,
  'multiple-choice': multipleChoice,
  command,
  imported,
};

/** The registry says that a plan takes just such a metric. */
export function behaviourPlan({ kind }: BehaviourMetric): BehaviourPlan<BehaviourMetric> {
  return metricPlans[kind] as BehaviourPlan<BehaviourMetric>;
}

/** The same of overlaps. */
export function overlapPlan({ kind }: OverlapMetric): OverlapPlan<OverlapMetric> {
  return metricPlans[kind] as OverlapPlan<OverlapMetric>;
}

/** Adds the steps of metrics that have a table of their own: first those of updates, later those that run models. */
export function expandTables(of: TablePlan<TableMetric>['of'], parts: PlanParts): void {
  const metrics = [...parts.workflow.metrics.values()];
  for (const [kind, plan] of Object.entries(metricPlans)) {
    if (!('expand' in plan) || plan.of !== of) continue;
    const own = metrics.filter((metric) => metric.kind === kind) as TableMetric[];
    (plan as TablePlan<TableMetric>).expand(own, parts);
  }
}
