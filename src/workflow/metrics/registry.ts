import type { Named } from '../definition.js';
import type { Scope } from '../scope.js';
import { activationMso } from './activation-mso.js';
import { cka } from './cka.js';
import { command } from './command.js';
import { cosine } from './cosine.js';
import { exactMatch } from './exact-match.js';
import { imported } from './imported.js';
import { judge } from './judge.js';
import type { BehaviourKind, KnownToMetrics, MetricKind, OverlapKind, Pair, TableKind } from './kind.js';
import { kl } from './kl.js';
import { loss } from './loss.js';
import type { BehaviourMetric, Metric, MetricOf, OverlapMetric, RawMetric, RawMetricOf } from './metric.js';
import { mso } from './mso.js';
import { multipleChoice } from './multiple-choice.js';
import { perplexity } from './perplexity.js';
import { principalAngles } from './principal-angles.js';
import { refusalRate } from './refusal-rate.js';
import { spectrum } from './spectrum.js';

type KindOf<K extends Metric['kind']> =
  MetricOf<K> extends BehaviourMetric
    ? BehaviourKind<MetricOf<K>, RawMetricOf<K>>
    : MetricOf<K> extends OverlapMetric
      ? OverlapKind<MetricOf<K>, RawMetricOf<K>>
      : TableKind<MetricOf<K>, RawMetricOf<K>>;

/** What may be asked of every kind. */
type AnyKind = MetricKind<Metric, RawMetric> &
  Pick<BehaviourKind<Metric, RawMetric>, 'selects' | 'scoreNames'> & {
    readonly behaviour: boolean;
    readonly pairs?: OverlapKind<Metric, RawMetric>['pairs'];
  };

/** Kinds in the order in which messages list them. */
const metricKinds: { readonly [K in Metric['kind']]: KindOf<K> } = {
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

/** The kind of a metric. The registry says that it takes just such a metric. */
export function kindOf(metric: Pick<Metric, 'kind'>): AnyKind {
  return metricKinds[metric.kind] as unknown as AnyKind;
}

export function resolveMetrics(
  scope: Scope,
  raw: Named<RawMetric> | undefined,
  known: KnownToMetrics,
): Map<string, Metric> {
  return scope.section('metrics', raw, (definition, metric, path): Metric => {
    if (definition.name === 'energy') {
      const message = 'a metric cannot be called energy: that is what a sweep measures of the update itself';
      scope.refuse(path, 'reserved-name', message, 'Choose another name.');
    }
    return kindOf(metric).resolve(scope, definition, metric, path, known);
  });
}

export function isBehaviour(metric: Metric): metric is BehaviourMetric {
  return kindOf(metric).behaviour;
}

/** A score of a metric of behaviour as workflows name it: `harmfulness`, or `harmfulness.share-of-5` of a named one. */
export function scoreNamed(text: string): { readonly metric: string; readonly score: string | null } {
  const point = text.indexOf('.');
  return point < 0 ? { metric: text, score: null } : { metric: text.slice(0, point), score: text.slice(point + 1) };
}

export function isOverlap(metric: Metric): metric is OverlapMetric {
  return kindOf(metric).pairs !== undefined;
}

/** Pairs of updates, or all pairs of the sets of prompts, in the order of the metric. */
export function pairsOfMetric(metric: OverlapMetric): readonly Pair[] {
  return kindOf(metric).pairs!(metric);
}

/** `exact-match, judge or loss` */
export function kindNames(has: (kind: AnyKind) => boolean): string {
  const names = Object.keys(metricKinds).filter((kind) => has(kindOf({ kind: kind as Metric['kind'] })));
  return names.join(', ').replace(/, ([^,]*)$/, ' or $1');
}
