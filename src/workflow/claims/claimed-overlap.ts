import type { Path } from '../document.js';
import type { OverlapMetric } from '../metrics/metric.js';
import { isOverlap, kindNames } from '../metrics/registry.js';
import type { Scope } from '../scope.js';
import type { Claimed } from './kind.js';

/** The metric of pairs that a claim names; undefined, and refused, when it is none. */
export function claimedOverlap(
  scope: Scope,
  { metrics }: Claimed,
  name: string,
  path: Path,
): OverlapMetric | undefined {
  scope.reference('metrics', name, [...path, 'metric']);
  const metric = metrics.get(name);
  if (metric === undefined || isOverlap(metric)) return metric;
  const message = `the metric "${name}" is of kind ${metric.kind}, which measures no overlap`;
  scope.refuse(
    [...path, 'metric'],
    'wrong-kind',
    message,
    `Name a metric of kind ${kindNames(({ pairs }) => pairs !== undefined)}.`,
  );
  return undefined;
}
