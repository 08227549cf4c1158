import type { Path } from '../document.js';
import { isBehaviour, kindNames, kindOf, scoreNamed } from '../metrics/registry.js';
import { suggestion } from '../problems.js';
import type { Scope } from '../scope.js';
import type { ProjectedSweep } from '../sweeps/projected.js';
import { sweepOf } from '../sweeps/sweep.js';
import type { Claimed } from './kind.js';

/** The sweep, which must measure all that the claim is about; of what cannot be measured at all, others tell. */
export function claimedSweep(
  scope: Scope,
  { sweeps, metrics }: Claimed,
  name: string,
  needed: readonly string[],
  path: Path,
): ProjectedSweep | undefined {
  scope.reference('sweeps', name, [...path, 'sweep']);
  const named = sweeps.get(name);
  if (named === undefined) return undefined;
  const sweep = sweepOf('projected', named);
  if (sweep === undefined) {
    const message = `the sweep "${name}" projects no update, which is what the claim is about`;
    scope.refuse([...path, 'sweep'], 'wrong-kind', message, 'Name a sweep with `project`.');
    return undefined;
  }
  for (const measure of needed) {
    const metric = metrics.get(measure);
    const measurable = measure === 'energy' || (metric !== undefined && isBehaviour(metric));
    if (!measurable || sweep.measure.includes(measure)) continue;
    const hint = `Add it to sweeps.${name}.measure.`;
    scope.refuse([...path, 'sweep'], 'not-measured', `the sweep "${name}" does not measure ${measure}`, hint);
  }
  return sweep;
}

/** Refuses a sweep with too few points, fractions or ranks, for the claim. */
export function needPoints(scope: Scope, sweep: ProjectedSweep | undefined, least: number, path: Path): void {
  if (sweep === undefined || sweep.fractions.length + sweep.ranks.length >= least) return;
  const { fractions, ranks } = sweep;
  const has = ranks.length > 0 ? `${fractions.length + ranks.length} points` : `${fractions.length} fractions`;
  const message = `the sweep "${sweep.name}" has ${has}; the claim needs ${least}`;
  scope.refuse([...path, 'sweep'], 'too-few-fractions', message, `Add fractions or ranks to sweeps.${sweep.name}.`);
}

/** Claims of behaviour compare with the models at both ends of an update, between which the opposite mode does not stay. */
export function needEnds(scope: Scope, sweep: ProjectedSweep | undefined, path: Path): void {
  if (sweep?.mode !== 'opposite') return;
  const message = `the sweep "${sweep.name}" has mode opposite, which this claim says nothing about`;
  scope.refuse([...path, 'sweep'], 'wrong-mode', message, 'Name a sweep of mode parallel or orthogonal.');
}

/**
 * The metric whose score a claim names: `harmfulness`, or `harmfulness.share-of-5` for one of its named scores. Refused are
 * metrics that no sweep measures and scores that the metric does not have.
 */
export function claimedBehaviour(scope: Scope, { metrics }: Claimed, text: string, path: Path): string {
  const { metric: name, score } = scoreNamed(text);
  scope.reference('metrics', name, path);
  const metric = metrics.get(name);
  if (metric === undefined) return name;
  if (!isBehaviour(metric)) {
    const message = `the metric "${name}" is of kind ${metric.kind}, which no sweep measures`;
    scope.refuse(path, 'wrong-kind', message, `Name a metric of kind ${kindNames((kind) => kind.behaviour)}.`);
    return name;
  }
  const scores = kindOf(metric).scoreNames?.(metric) ?? [];
  if (score === null || scores.includes(score)) return name;
  const message = `the metric "${name}" has no score "${score}"`;
  const hint = scores.length === 0 ? `It has one score only: name it ${name}.` : suggestion(score, scores);
  scope.refuse(path, 'unknown-name', message, hint);
  return name;
}

/** Refuses a subspace that the sweep does not project onto. */
export function claimedSubspace(scope: Scope, sweep: ProjectedSweep | undefined, subspace: string, path: Path): void {
  scope.reference('subspaces', subspace, path);
  if (sweep === undefined || sweep.onto.includes(subspace) || !scope.names('subspaces').includes(subspace)) return;
  const message = `the sweep "${sweep.name}" does not project onto "${subspace}"`;
  scope.refuse(path, 'not-measured', message, `It projects onto ${sweep.onto.join(', ')}.`);
}
