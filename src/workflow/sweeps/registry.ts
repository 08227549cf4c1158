import { didYouMean, nearest } from '../../diagnostics/nearest.js';
import type { Named } from '../definition.js';
import type { Path } from '../document.js';
import type { Metric } from '../metrics/metric.js';
import { isBehaviour, kindNames } from '../metrics/registry.js';
import type { Scope } from '../scope.js';
import type { Subspace } from '../subspaces/subspace.js';
import type { KnownToSweeps, SweepKind } from './kind.js';
import { projected } from './projected.js';
import { type RawSweep, type RawSweepOf, type Sweep, type SweepOf, sweepOf } from './sweep.js';
import { checkTerms, vary } from './vary.js';

const sweepKinds: { readonly [K in Sweep['kind']]: SweepKind<SweepOf<K>, RawSweepOf<K>> } = { projected, vary };

/** The kind of a sweep. The registry says that it takes just such a sweep. */
export function sweepKind({ kind }: Pick<Sweep, 'kind'>): SweepKind<Sweep, RawSweep> {
  return sweepKinds[kind] as unknown as SweepKind<Sweep, RawSweep>;
}

/** Points of all sweeps together; more is a slip of the pen, and is refused before anything is unrolled. */
const mostPoints = 100_000;

export function resolveSweeps(
  scope: Scope,
  raw: Named<RawSweep> | undefined,
  known: KnownToSweeps & { readonly metrics: ReadonlyMap<string, Metric> },
): Map<string, Sweep> {
  const kinds = (Object.keys(sweepKinds) as Sweep['kind'][]).map((kind) => sweepKind({ kind }));
  const sweeps = scope.section('sweeps', raw, (definition, sweep, path): Sweep => {
    const kind = kinds.find(({ key }) => key in sweep)!;
    const resolved = kind.resolve(scope, definition, sweep, path, known);
    checkMeasure(scope, resolved.measure, kind.measures, known.metrics, path);
    return resolved;
  });
  checkTerms(
    scope,
    [...sweeps.values()].flatMap((sweep) => sweepOf('vary', sweep) ?? []),
  );
  checkSize(scope, sweeps, known.subspaces);
  return sweeps;
}

/** Refuses what a sweep does not measure. @param besides what it measures beside metrics */
function checkMeasure(
  scope: Scope,
  measure: readonly string[],
  besides: readonly string[],
  metrics: ReadonlyMap<string, Metric>,
  path: Path,
): void {
  const known = [...besides, ...[...metrics.values()].filter(isBehaviour).map(({ name }) => name)];
  for (const [index, name] of measure.entries()) {
    const metric = metrics.get(name);
    // A metric that breaks the schema is no member of `metrics`; its own error says so.
    if (known.includes(name) || (metric === undefined && scope.names('metrics').includes(name))) continue;
    const message =
      metric === undefined
        ? `there is nothing to measure called "${name}"`
        : `the metric "${name}" is of kind ${metric.kind}, which is not measured along a sweep`;
    const meant = nearest(name, known);
    const also = besides.map((what) => `${what}, and `).join('');
    const hint =
      meant === undefined
        ? `A sweep measures ${also}metrics of kind ${kindNames(({ behaviour }) => behaviour)}.`
        : didYouMean(name, meant);
    scope.refuse([...path, 'measure', String(index)], 'unknown-name', message, hint);
  }
}

function checkSize(scope: Scope, sweeps: ReadonlyMap<string, Sweep>, subspaces: ReadonlyMap<string, Subspace>): void {
  let total = 0;
  for (const sweep of sweeps.values()) {
    const { count, text } = sweepKind(sweep).points(sweep, subspaces);
    const points = count * sweep.measure.length;
    total += points;
    if (total <= mostPoints) continue;
    const sum = total === points ? '' : `, ${total.toLocaleString('en')} with the sweeps before it`;
    const message = `the sweep has ${points.toLocaleString('en')} points (${text} × measures ${sweep.measure.length})${sum}`;
    const hint = `A workflow may have ${mostPoints.toLocaleString('en')}. Leave out fractions, ranks or seeds, or split it.`;
    scope.refuse(['sweeps', sweep.name], 'sweep-too-large', message, hint);
    return;
  }
}
