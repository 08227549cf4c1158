import type { Claim } from './claims.js';
import type { Named } from './definition.js';
import type { Path } from './document.js';
import type { Metric, PairMetric } from './metrics/metric.js';
import { isBehaviour, isOfPairs, kindNames, pairsOfMetric } from './metrics/registry.js';
import { suggestion } from './problems.js';
import type { Scope } from './scope.js';
import { randomKindNames, seedsOf } from './subspaces/registry.js';
import type { Subspace, Sweep } from './workflow.js';

export type RawClaim =
  | { readonly kind: 'linear-energy'; readonly sweep: string; readonly tolerance?: number }
  | {
      readonly kind: 'stronger-than-random';
      readonly sweep: string;
      readonly metric: string;
      readonly subspace: string;
      readonly than: string | readonly string[];
    }
  | {
      readonly kind: 'falling-together';
      readonly sweep: string;
      readonly metrics: readonly [string, string];
      readonly tolerance?: number;
    }
  | { readonly kind: 'above-baseline'; readonly metric: string }
  | { readonly kind: 'highest-pair'; readonly metric: string; readonly pair: readonly [string, string] };

/** What a claim may speak of. */
export interface Claimed {
  readonly sweeps: ReadonlyMap<string, Sweep>;
  readonly subspaces: ReadonlyMap<string, Subspace>;
  readonly metrics: ReadonlyMap<string, Metric>;
}

/** Resolves claims, and refuses those that the workflow measures nothing for. */
export function resolveClaims(scope: Scope, raw: Named<RawClaim> | undefined, claimed: Claimed): Map<string, Claim> {
  return scope.section('claims', raw, (definition, claim, path): Claim => {
    switch (claim.kind) {
      case 'linear-energy': {
        const sweep = sweepOf(scope, claimed, claim.sweep, ['energy'], path);
        needFractions(scope, sweep, 3, path);
        return { ...definition, kind: claim.kind, sweep: claim.sweep, tolerance: claim.tolerance ?? 0.05 };
      }
      case 'stronger-than-random': {
        const { subspace, metric } = claim;
        behaviour(scope, claimed, metric, [...path, 'metric']);
        const sweep = sweepOf(scope, claimed, claim.sweep, ['energy', metric], path);
        needEnds(scope, sweep, path);
        const than = typeof claim.than === 'string' ? [claim.than] : claim.than;
        ontoOf(scope, sweep, subspace, [...path, 'subspace']);
        for (const [index, name] of than.entries()) {
          const at = typeof claim.than === 'string' ? [...path, 'than'] : [...path, 'than', String(index)];
          ontoOf(scope, sweep, name, at);
          const random = claimed.subspaces.get(name);
          if (random !== undefined && seedsOf(random) === null) {
            const message = `the subspace "${name}" is not random`;
            scope.refuse(at, 'wrong-kind', message, `Name subspaces of kind ${randomKindNames()}.`);
          }
        }
        return { ...definition, kind: claim.kind, sweep: claim.sweep, metric, subspace, than };
      }
      case 'falling-together': {
        for (const [index, name] of claim.metrics.entries()) {
          behaviour(scope, claimed, name, [...path, 'metrics', String(index)]);
        }
        const sweep = sweepOf(scope, claimed, claim.sweep, claim.metrics, path);
        needFractions(scope, sweep, 2, path);
        needEnds(scope, sweep, path);
        const { kind, metrics, tolerance = 0.2 } = claim;
        return { ...definition, kind, sweep: claim.sweep, metrics, tolerance };
      }
      case 'above-baseline':
        overlapOf(scope, claimed, claim.metric, path);
        return { ...definition, kind: claim.kind, metric: claim.metric };
      case 'highest-pair': {
        const metric = overlapOf(scope, claimed, claim.metric, path);
        const pair = metric === undefined ? claim.pair : pairOf(scope, metric, claim.pair, [...path, 'pair']);
        return { ...definition, kind: claim.kind, metric: claim.metric, pair };
      }
    }
  });
}

/** The sweep, which must measure all that the claim is about; of what cannot be measured at all, others tell. */
function sweepOf(
  scope: Scope,
  { sweeps, metrics }: Claimed,
  name: string,
  needed: readonly string[],
  path: Path,
): Sweep | undefined {
  scope.reference('sweeps', name, [...path, 'sweep']);
  const sweep = sweeps.get(name);
  if (sweep === undefined) return undefined;
  for (const measure of needed) {
    const metric = metrics.get(measure);
    const measurable = measure === 'energy' || (metric !== undefined && isBehaviour(metric));
    if (!measurable || sweep.measure.includes(measure)) continue;
    const hint = `Add it to sweeps.${name}.measure.`;
    scope.refuse([...path, 'sweep'], 'not-measured', `the sweep "${name}" does not measure ${measure}`, hint);
  }
  return sweep;
}

function needFractions(scope: Scope, sweep: Sweep | undefined, least: number, path: Path): void {
  if (sweep === undefined || sweep.fractions.length >= least) return;
  const message = `the sweep "${sweep.name}" has ${sweep.fractions.length} fractions; the claim needs ${least}`;
  scope.refuse([...path, 'sweep'], 'too-few-fractions', message, `Add fractions to sweeps.${sweep.name}.`);
}

/** Claims of behaviour compare with the models at both ends of an update, between which the opposite mode does not stay. */
function needEnds(scope: Scope, sweep: Sweep | undefined, path: Path): void {
  if (sweep?.mode !== 'opposite') return;
  const message = `the sweep "${sweep.name}" has mode opposite, which this claim says nothing about`;
  scope.refuse([...path, 'sweep'], 'wrong-mode', message, 'Name a sweep of mode parallel or orthogonal.');
}

function behaviour(scope: Scope, { metrics }: Claimed, name: string, path: Path): void {
  scope.reference('metrics', name, path);
  const metric = metrics.get(name);
  if (metric === undefined || isBehaviour(metric)) return;
  const message = `the metric "${name}" is of kind ${metric.kind}, which no sweep measures`;
  scope.refuse(path, 'wrong-kind', message, `Name a metric of kind ${kindNames((kind) => kind.behaviour)}.`);
}

function ontoOf(scope: Scope, sweep: Sweep | undefined, subspace: string, path: Path): void {
  scope.reference('subspaces', subspace, path);
  if (sweep === undefined || sweep.onto.includes(subspace) || !scope.names('subspaces').includes(subspace)) return;
  const message = `the sweep "${sweep.name}" does not project onto "${subspace}"`;
  scope.refuse(path, 'not-measured', message, `It projects onto ${sweep.onto.join(', ')}.`);
}

function overlapOf(scope: Scope, { metrics }: Claimed, name: string, path: Path): PairMetric | undefined {
  scope.reference('metrics', name, [...path, 'metric']);
  const metric = metrics.get(name);
  if (metric === undefined || isOfPairs(metric)) return metric;
  const message = `the metric "${name}" is of kind ${metric.kind}, which compares no pairs`;
  scope.refuse(
    [...path, 'metric'],
    'wrong-kind',
    message,
    `Name a metric of kind ${kindNames(({ pairs }) => pairs !== undefined)}.`,
  );
  return undefined;
}

/** The pair as the metric has it, whichever way round the claim writes it. */
function pairOf(
  scope: Scope,
  metric: PairMetric,
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
