import type { Path } from './document.js';
import { metricsInUse } from './metrics/in-use.js';
import { isBehaviour, kindOf } from './metrics/registry.js';
import { modelKind } from './models/registry.js';
import { suggestion } from './problems.js';
import type { RawWorkflow } from './raw.js';
import { axisQuantities, type ReportPart, type ReportStyle, reportPartNames } from './report.js';
import type { Scope } from './scope.js';
import { sweepOf } from './sweeps/sweep.js';
import type { Metric, Report, Workflow } from './workflow.js';

type Measured = Pick<Workflow, 'models' | 'sweeps' | 'metrics' | 'claims'>;

/** What the report shows: what the workflow names, or else all that it has results for. */
export function resolveReport(scope: Scope, raw: RawWorkflow, name: string, measured: Measured): Report {
  const all = reportedParts(measured);
  for (const show of ['figures', 'tables'] as const) {
    for (const [index, part] of (raw.report?.[show] ?? []).entries()) {
      if (all.includes(part)) continue;
      const message = `nothing in this workflow measures what the report should show under ${part}`;
      const hint = all.length === 0 ? 'Add a sweep or a metric.' : `It has results for ${all.join(', ')}.`;
      scope.warn(['report', show, String(index)], 'unmeasured-report-part', message, hint);
    }
  }
  return {
    title: raw.report?.title ?? name,
    figures: raw.report?.figures ?? all,
    tables: raw.report?.tables ?? all,
    formats: raw.report?.formats ?? ['svg'],
    tableFormats: raw.report?.['table-formats'] ?? ['tex', 'md', 'csv'],
    columns: raw.report?.columns ?? 2,
    style: resolveStyle(scope, raw),
  };
}

/** Sections whose names figures and tables show. */
const shownSections = ['updates', 'subspaces', 'models', 'metrics', 'datasets'] as const;

/** Display names, colours, order and limits, with every name that the workflow does not have refused. */
function resolveStyle(scope: Scope, raw: RawWorkflow): ReportStyle {
  const { names, colors, order, limits, best } = raw.report ?? {};
  const known = [...new Set(shownSections.flatMap((section) => scope.names(section)))];
  const check = (shown: string, path: Path) => {
    const unknown = shown.split(':').find((name) => !known.includes(name));
    if (unknown === undefined) return;
    const message = `nothing in this workflow that figures or tables show is called "${unknown}"`;
    scope.refuse(path, 'unknown-name', message, suggestion(unknown, known));
  };
  for (const name of Object.keys(names ?? {})) check(name, ['report', 'names', name]);
  for (const name of Object.keys(colors ?? {})) check(name, ['report', 'colors', name]);
  for (const [index, name] of (order ?? []).entries()) check(name, ['report', 'order', String(index)]);
  checkDistinct(scope, names ?? {}, known);
  checkLimits(scope, limits ?? {});
  for (const name of Object.keys(best ?? {})) {
    if (scope.names('metrics').includes(name)) continue;
    scope.refuse(['report', 'best', name], 'unknown-name', `there is no metric "${name}"`, suggestion(name, scope.names('metrics'))); // biome-ignore format: one line
  }
  return {
    ...(names && { names }),
    ...(colors && { colors }),
    ...(order && { order }),
    ...(limits && { limits }),
    ...(best && { best }),
  };
}

/** Two things that are called the same could not be told apart. */
function checkDistinct(scope: Scope, names: Readonly<Record<string, string>>, known: readonly string[]): void {
  const called = new Map(known.filter((name) => !Object.hasOwn(names, name)).map((name) => [name, name]));
  for (const [name, shown] of Object.entries(names)) {
    const other = called.get(shown);
    if (other === undefined) called.set(shown, name);
    else {
      const message = `${name} would be called "${shown}", as ${other} is: the two could not be told apart`;
      scope.refuse(['report', 'names', name], 'ambiguous-name', message, 'Call one of them otherwise.');
    }
  }
}

function checkLimits(scope: Scope, limits: Readonly<Record<string, readonly [number, number]>>): void {
  const known = [...new Set([...scope.names('metrics'), ...axisQuantities])];
  for (const [name, [low, high]] of Object.entries(limits)) {
    const path = ['report', 'limits', name];
    if (!known.includes(name)) {
      scope.refuse(path, 'unknown-name', `no axis shows "${name}": it is no metric, and none of the other quantities`, suggestion(name, known)); // biome-ignore format: one line
    } else if (low >= high) {
      scope.refuse(path, 'empty-range', `an axis cannot go from ${low} to ${high}`, 'Give the lower end first.');
    } else if (name === 'rank' && low <= 0) {
      scope.refuse(path, 'empty-range', `the axis of ranks has a scale of logarithms: it cannot begin at ${low}`, 'Begin at 1.'); // biome-ignore format: one line
    }
  }
}

/** What the workflow has results for, in the order of the page. */
function reportedParts(measured: Measured): ReportPart[] {
  const ofMetrics = new Set(metricsInUse(measured).flatMap((metric) => kindOf(metric).parts));
  return reportPartNames.filter((part) => ofMetrics.has(part) || hasResults[part]?.(measured));
}

/** When a part has something to show that is not a metric of its own: kinds of metrics name theirs. */
const hasResults: { readonly [Part in ReportPart]?: (measured: Measured) => boolean } = {
  claims: ({ claims }) => claims.size > 0,
  energy: ({ sweeps }) => [...sweeps.values()].some(({ measure }) => measure.includes('energy')),
  behaviour: (measured) => metricsInUse(measured).some(isBehaviour),
  'trade-off': ({ metrics }) => comparedModels(metrics).length >= 3,
  selectivity: ({ sweeps, metrics }) =>
    [...sweeps.values()].some((sweep) => {
      const selects = (sweepOf('projected', sweep)?.measure ?? []).map((name) => selectsOf(metrics.get(name)));
      return selects.includes('useful') && selects.includes('harmful');
    }),
  realign: ({ models }) => [...models.values()].some((model) => modelKind(model).realigned),
  loss: trainsModels,
  data: trainsModels,
};

/** Models of which both a useful and a harmful metric is measured. */
function comparedModels(metrics: Measured['metrics']): string[] {
  const [useful, harmful] = (['useful', 'harmful'] as const).map(
    (selects) =>
      new Set(
        [...metrics.values()].flatMap((metric) =>
          isBehaviour(metric) && selectsOf(metric) === selects ? metric.models : [],
        ),
      ),
  ) as [Set<string>, Set<string>];
  return [...useful].filter((model) => harmful.has(model));
}

function selectsOf(metric: Metric | undefined): 'useful' | 'harmful' | undefined {
  return metric && kindOf(metric).selects;
}

function trainsModels({ models }: Measured): boolean {
  return [...models.values()].some((model) => modelKind(model).trained);
}
