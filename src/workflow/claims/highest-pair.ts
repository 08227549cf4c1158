import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { OverlapMetric } from '../metrics/metric.js';
import { pairsOfMetric } from '../metrics/registry.js';
import { suggestion } from '../problems.js';
import type { Scope } from '../scope.js';
import { claimedOverlap } from './claimed-overlap.js';
import type { ClaimKind } from './kind.js';

/** One pair of the metric overlaps more than every other. */
export interface HighestPairClaim extends Definition {
  readonly kind: 'highest-pair';
  readonly metric: string;
  /** Pair as the metric writes it. */
  readonly pair: readonly [string, string];
}

export interface RawHighestPair {
  readonly kind: 'highest-pair';
  readonly metric: string;
  readonly pair: readonly [string, string];
}

export const highestPair: ClaimKind<HighestPairClaim, RawHighestPair> = {
  resolve(scope, definition, raw, path, claimed) {
    const metric = claimedOverlap(scope, claimed, raw.metric, path);
    const pair = metric === undefined ? raw.pair : pairOf(scope, metric, raw.pair, [...path, 'pair']);
    return { ...definition, kind: raw.kind, metric: raw.metric, pair };
  },
};

/** The pair as the metric has it, whichever way round the claim writes it. */
function pairOf(
  scope: Scope,
  metric: OverlapMetric,
  pair: readonly [string, string],
  path: Path,
): readonly [string, string] {
  const pairs = pairsOfMetric(metric);
  const found = pairs.find(([a, b]) => (a === pair[0] && b === pair[1]) || (a === pair[1] && b === pair[0]));
  if (found === undefined) {
    const names = pairs.map((known) => known.join(', '));
    const message = `the metric "${metric.name}" does not compare ${pair.join(' and ')}`;
    scope.refuse(path, 'not-measured', message, suggestion(pair.join(', '), names));
    return pair;
  }
  if (pairs.length < 2) {
    const message = `the metric "${metric.name}" has one pair only, which is the highest without question`;
    scope.refuse(path, 'nothing-to-compare', message, `Add pairs to metrics.${metric.name}.`);
  }
  return found;
}
