import { isBehaviour, kindOf } from './metrics/registry.js';
import { modelKind } from './models/registry.js';
import type { RawWorkflow } from './raw.js';
import { type ReportPart, reportPartNames } from './report.js';
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
  };
}

/** What the workflow has results for, in the order of the page. */
function reportedParts(measured: Measured): ReportPart[] {
  const ofMetrics = new Set(shownMetrics(measured).flatMap((metric) => kindOf(metric).parts));
  return reportPartNames.filter((part) => ofMetrics.has(part) || hasResults[part]?.(measured));
}

/** When a part has something to show that is not a metric of its own: kinds of metrics name theirs. */
const hasResults: { readonly [Part in ReportPart]?: (measured: Measured) => boolean } = {
  claims: ({ claims }) => claims.size > 0,
  energy: ({ sweeps }) => [...sweeps.values()].some(({ measure }) => measure.includes('energy')),
  behaviour: (measured) => shownMetrics(measured).some(isBehaviour),
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

/** Metrics that measure something: those of behaviour where they name models, or a sweep names them. */
function shownMetrics({ metrics, sweeps }: Measured): Metric[] {
  const along = new Set([...sweeps.values()].flatMap(({ measure }) => measure));
  return [...metrics.values()].filter(
    (metric) => !isBehaviour(metric) || metric.models.length > 0 || along.has(metric.name),
  );
}

function selectsOf(metric: Metric | undefined): 'useful' | 'harmful' | undefined {
  return metric && kindOf(metric).selects;
}

function trainsModels({ models }: Measured): boolean {
  return [...models.values()].some((model) => modelKind(model).trained);
}
