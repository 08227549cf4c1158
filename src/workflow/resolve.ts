import { basename } from 'node:path';
import type { Result } from '../diagnostics/diagnostic.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { printableLine } from '../diagnostics/printable.js';
import { resolveClaims } from './claims/registry.js';
import { checkDatasetCycles, resolveDatasets } from './datasets/registry.js';
import type { Named } from './definition.js';
import { type MapNode, toPlain } from './document.js';
import { isBehaviour, kindNames, resolveMetrics } from './metrics/registry.js';
import { checkModelCycles, resolveModels } from './models/registry.js';
import type { RawSweep, RawWorkflow } from './raw.js';
import { resolveRecipes } from './recipes.js';
import { resolveReport } from './resolve-report.js';
import { Scope } from './scope.js';
import { defaultSide, type Semantics } from './semantics.js';
import { checkSide, resolveSubspaces, seedsOf } from './subspaces/registry.js';
import { resolveUpdates } from './updates.js';
import type { Subspace, Sweep, Workflow } from './workflow.js';

/** Points of all sweeps together; more is a slip of the pen, and is refused before anything is unrolled. */
const mostPoints = 100_000;

/**
 * From a document that the schema admits to a workflow: defaults filled in, names checked, paths absolute.
 * `sound` may lack definitions of `root` that break the schema: their names are known all the same.
 * `file` is absolute; `semanticsAsked` wins over what the document says.
 */
export function resolveWorkflow(
  root: MapNode,
  sound: MapNode,
  file: string,
  semanticsAsked: Semantics | undefined,
): Result<Workflow> {
  const raw = toPlain(sound) as RawWorkflow;
  const scope = new Scope(root);
  const name = workflowName(scope, raw.name, file);
  const seed = raw.seed ?? 0;
  const semantics = semanticsAsked ?? raw.semantics ?? 'paper';
  const subspaces = resolveSubspaces(scope, raw.subspaces, { seed, semantics });
  const models = resolveModels(scope, raw.models, { seed, semantics, subspaces });
  const datasets = resolveDatasets(scope, raw.datasets, { seed, semantics });
  const recipes = resolveRecipes(scope, raw.recipes);
  const updates = resolveUpdates(scope, raw.updates);
  if (scope.problems.length === 0) {
    checkModelCycles(scope, models, updates, subspaces);
    checkDatasetCycles(scope, datasets);
  }
  const metrics = resolveMetrics(scope, raw.metrics, { seed, semantics, subspaces });
  const sweeps = resolveSweeps(scope, raw.sweeps, { semantics, metrics, subspaces });
  checkSweepSize(scope, sweeps, subspaces);
  const claims = resolveClaims(scope, raw.claims, { sweeps, subspaces, metrics });
  const measured = { models, datasets, recipes, updates, subspaces, sweeps, metrics, claims };
  const report = resolveReport(scope, raw, name, measured);
  if (scope.problems.length > 0) return { ok: false, diagnostics: scope.problems };
  return { ok: true, value: { file, name, seed, semantics, ...measured, report }, warnings: scope.warnings };
}

/**
 * The name, which names the folder of results: what the workflow says, or else its file's name without the ending. Of a
 * file called `...yaml` that would be the folder above.
 */
function workflowName(scope: Scope, given: string | undefined, file: string): string {
  const name = given ?? basename(file).replace(/\.ya?ml$/, '');
  const why =
    name === ''
      ? 'is empty'
      : /^\.|[. ]$/.test(name)
        ? 'begins with a dot, or ends with a dot or a space'
        : printableLine(name) !== name
          ? 'holds characters that cannot be printed'
          : /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)
            ? 'is a reserved name on some systems'
            : undefined;
  if (why === undefined) return name;
  const message = `the workflow's name "${name}"${given === undefined ? ', that of its file,' : ''} ${why}: no folder of results can be called so`;
  scope.refuse(
    given === undefined ? [] : ['name'],
    'invalid-name',
    message,
    'Give another, for example: name: my-study',
  );
  return name;
}

function resolveSweeps(
  scope: Scope,
  raw: Named<RawSweep> | undefined,
  { semantics, metrics, subspaces }: Pick<Workflow, 'semantics' | 'metrics' | 'subspaces'>,
): Map<string, Sweep> {
  const known = ['energy', ...[...metrics.values()].filter(isBehaviour).map(({ name }) => name)];
  return scope.section('sweeps', raw, (definition, sweep, path): Sweep => {
    const measure = sweep.measure ?? ['energy'];
    for (const [index, name] of measure.entries()) {
      const metric = metrics.get(name);
      // A metric that breaks the schema is no member of `metrics`; its own error says so.
      if (known.includes(name) || (metric === undefined && scope.names('metrics').includes(name))) continue;
      const message =
        metric === undefined
          ? `there is nothing to measure called "${name}"`
          : `the metric "${name}" is of kind ${metric.kind}, which is not measured along a sweep`;
      const meant = nearest(name, known);
      const hint =
        meant === undefined
          ? `A sweep measures energy, and metrics of kind ${kindNames(({ behaviour }) => behaviour)}.`
          : didYouMean(name, meant);
      scope.refuse([...path, 'measure', String(index)], 'unknown-name', message, hint);
    }
    if (sweep.fractions === undefined && sweep.ranks === undefined) {
      const hint = 'For example: fractions: [0.25, 0.5], or: ranks: [6, 100]';
      scope.refuse(path, 'missing-key', `sweeps.${definition.name} has neither fractions nor ranks`, hint);
    }
    const onto = scope.references('subspaces', sweep.onto, [...path, 'onto']);
    checkSide(
      scope,
      sweep.side,
      onto.map((name) => subspaces.get(name)),
      path,
    );
    return {
      ...definition,
      project: scope.references('updates', sweep.project, [...path, 'project']),
      onto,
      mode: sweep.mode,
      side: sweep.side ?? defaultSide(semantics),
      fractions: sweep.fractions ?? [],
      ranks: sweep.ranks ?? [],
      measure,
    };
  });
}

function checkSweepSize(
  scope: Scope,
  sweeps: ReadonlyMap<string, Sweep>,
  subspaces: ReadonlyMap<string, Subspace>,
): void {
  let total = 0;
  for (const { name, project, onto, fractions, ranks, measure } of sweeps.values()) {
    const controls = onto.reduce((sum, subspace) => sum + seedCount(subspaces.get(subspace)), 0);
    const points = project.length * controls * (fractions.length + ranks.length) * measure.length;
    total += points;
    if (total <= mostPoints) continue;
    const extentCount = [`fractions ${fractions.length}`, `ranks ${ranks.length}`]
      .filter((_, index) => [fractions, ranks][index]!.length > 0)
      .join(' and ');
    const product = `updates ${project.length} × subspaces ${controls} × ${extentCount} × measures ${measure.length}`;
    const sum = total === points ? '' : `, ${total.toLocaleString('en')} with the sweeps before it`;
    const message = `the sweep has ${points.toLocaleString('en')} points (${product})${sum}`;
    const hint = `A workflow may have ${mostPoints.toLocaleString('en')}. Leave out fractions, ranks or seeds, or split it.`;
    scope.refuse(['sweeps', name], 'sweep-too-large', message, hint);
    return;
  }
}

function seedCount(subspace: Subspace | undefined): number {
  return (subspace && seedsOf(subspace))?.length ?? 1;
}
