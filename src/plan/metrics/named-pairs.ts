import type { Definition } from '../../workflow/definition.js';
import type { Waiting } from '../expand-updates.js';
import type { PlanBuilder } from '../plan-builder.js';

/** A pair of names that metrics of one kind compare. */
export interface NamedPair<Metric> {
  readonly pair: readonly [string, string];
  /** All that compare it, at least one. */
  readonly metrics: readonly [Metric, ...Metric[]];
  /** `metrics.overlap`, one a metric. */
  readonly definitions: readonly [string, ...string[]];
}

interface OfPairs extends Definition {
  readonly pairs: readonly (readonly [string, string])[];
}

/**
 * The pairs that metrics of one kind name, each once, with what `find` finds of them. Metrics of pairs that wait for models
 * are deferred; `waitsFor` has these models.
 */
export function namedPairs<Metric extends OfPairs, Found extends object>(
  metrics: readonly Metric[],
  builder: PlanBuilder,
  find: (pair: NamedPair<Metric>) => Found | Waiting,
): {
  readonly pairs: readonly (NamedPair<Metric> & { readonly found: Found })[];
  readonly waitsFor: readonly string[];
} {
  const waitsFor = new Set<string>();
  const pairs: (NamedPair<Metric> & { readonly found: Found })[] = [];
  for (const named of eachOnce(metrics)) {
    const found = find(named);
    if ('waitsFor' in found) {
      builder.defer(found.waitsFor, ...named.definitions);
      for (const model of found.waitsFor) waitsFor.add(model);
    } else pairs.push({ ...named, found });
  }
  return { pairs, waitsFor: [...waitsFor] };
}

function eachOnce<Metric extends OfPairs>(metrics: readonly Metric[]): NamedPair<Metric>[] {
  const pairs = new Map<
    string,
    { readonly pair: readonly [string, string]; readonly metrics: [Metric, ...Metric[]] }
  >();
  for (const metric of metrics) {
    for (const pair of metric.pairs) {
      const key = JSON.stringify(pair);
      const known = pairs.get(key);
      if (known === undefined) pairs.set(key, { pair, metrics: [metric] });
      else if (!known.metrics.includes(metric)) known.metrics.push(metric);
    }
  }
  return [...pairs.values()].map((named) => ({
    ...named,
    definitions: named.metrics.map(({ name }) => `metrics.${name}`) as [string, ...string[]],
  }));
}

/** The energies η of all metrics that compare a pair, ascending. */
export function energiesOf(metrics: readonly { readonly energies: readonly number[] }[]): number[] {
  return [...new Set(metrics.flatMap(({ energies }) => energies))].sort((x, y) => x - y);
}
