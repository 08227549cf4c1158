import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { filteredRuns } from '../history/find-run.js';
import { measuredText, type RunOverview, type Series, seriesAmong, shortNames } from '../history/overview.js';
import { globMatches } from '../plan/glob.js';
import { duration } from '../run/render/text.js';
import type { Store } from '../store/store.js';
import { day } from './cache-ls.js';
import { columns } from './columns.js';
import type { Command, Invocation } from './command.js';
import { openedStore, storeOption } from './opened-store.js';
import { print, printJson } from './output.js';
import { runsOptions } from './runs-options.js';
import { wholeNumber } from './whole-number.js';

/** Columns of a table on a screen; --json has all. */
const mostParams = 6;
const mostMetrics = 6;

export const command: Command = {
  name: 'runs',
  usage: '[WORKFLOW]',
  summary: 'List runs: parameters that differ, metrics, device, duration, tags',
  positionals: { min: 0, max: 1 },
  completes: ['workflow'],
  options: { ...storeOption, ...runsOptions },
  details: [
    'WORKFLOW is the name of a workflow or its file. Runs of one workflow file with one profile are one table. Its columns of',
    'parameters are those in which the runs differ; its metrics are those of whole models.',
    'A run is named by its id, by the beginning of one, by a tag (run --tag NAME), or as last, last~1, …',
  ].join('\n'),
  run: async (invocation) => listRuns(openedStore(invocation), invocation.positionals[0], invocation),
};

export async function listRuns(store: Store, workflow: string | undefined, invocation: Invocation) {
  const newest = wholeNumber(invocation, 'newest');
  const filter = { workflow, tags: invocation.values('tag'), state: invocation.value('state') };
  const runs = filteredRuns(store, filter).slice(0, newest);
  const series = await seriesAmong(store, runs);
  if (invocation.switch('json')) {
    const all = series.flatMap(({ params, runs: members }) => members.map((run, at) => jsonOf(run, params, at)));
    const order = new Map(runs.map(({ id }, index) => [id, index]));
    printJson({ store: store.path, runs: all.sort((a, b) => order.get(a.id)! - order.get(b.id)!) });
    return exitCodes.done;
  }
  if (runs.length === 0) print(`no runs in ${store.path}\n`);
  print(series.map((one) => seriesText(one, invocation.value('metric'))).join('\n'));
  const problems = runs.flatMap(({ id, problem }) => (problem === undefined ? [] : [`${id}: ${problem}\n`]));
  if (problems.length > 0) print(`\nWhat was the matter:\n${problems.join('')}`);
  return exitCodes.done;
}

function jsonOf(run: RunOverview, params: Series['params'], at: number) {
  const differing = [...params].map(([path, values]) => [path, values[at] ?? null]);
  return { ...run, params: Object.fromEntries(differing) as Record<string, string | null> };
}

function seriesText({ workflow, profile, file, runs, params }: Series, pattern: string | undefined): string {
  const shownParams = [...params].slice(0, mostParams);
  const names = shortNames(shownParams.map(([path]) => path));
  const metrics = metricColumns(runs, pattern);
  const shownMetrics = metrics.slice(0, mostMetrics);
  const header = ['RUN', 'TAGS', 'STARTED', 'STATE', 'TOOK', 'RAN', 'DEVICE', ...names, ...shownMetrics];
  const rows = runs.map((run, index) => {
    const { id, tags, started, seconds, steps, ran, device } = run;
    const values = metricsOf(run);
    return [
      id,
      [...tags, ...(run.pinned ? ['(pinned)'] : [])].join(' '),
      day(started),
      stateText(run),
      seconds === null ? '' : duration(seconds),
      ran === null ? `? of ${steps}` : `${ran} of ${steps}`,
      device === null ? '' : shortened(device, 24),
      ...shownParams.map(([, byRun]) => shortened(byRun[index] ?? (byRun[index] === null ? 'not given' : ''), 24)),
      ...shownMetrics.map((metric) => values.get(metric) ?? ''),
    ].map(printableLine);
  });
  const left = [
    ...leftOut(params.size - shownParams.length, 'parameter', 'differ'),
    ...leftOut(metrics.length - shownMetrics.length, 'metric', 'are measured'),
  ];
  const head = printableLine(`${profile === null ? workflow : `${workflow} (${profile})`}: ${file}`);
  const more = left.length === 0 ? '' : `${left.join(' and ')}: --metric PATTERN, --json\n`;
  return `${head}\n${columns([header.map(printableLine), ...rows], [4, 5])}${more}`;
}

function leftOut(count: number, what: string, verb: string): string[] {
  return count <= 0 ? [] : [`${count} more ${what}${count === 1 ? '' : 's'} ${verb}`];
}

function stateText({ state, purpose, results }: RunOverview): string {
  const exported = purpose === 'export' ? ', an export' : '';
  if (results === null || results.collected === 0) return `${state}${exported}`;
  const what = results.collected === results.files ? 'results' : `${results.collected} of ${results.files} results`;
  return `${state}${exported}, ${what} collected`;
}

/** Metrics of whole models that some run has, those that differ between runs first. */
function metricColumns(runs: readonly RunOverview[], pattern: string | undefined): string[] {
  const byRun = runs.map(metricsOf);
  const names = [...new Set(byRun.flatMap((values) => [...values.keys()]))];
  const matches = pattern === undefined ? () => true : globMatches(pattern.includes('[') ? pattern : `${pattern}[*`);
  const differs = (name: string) => new Set(byRun.flatMap((values) => values.get(name) ?? [])).size > 1;
  const shown = names.filter(matches);
  return [...shown.filter(differs), ...shown.filter((name) => !differs(name))];
}

function metricsOf({ measures }: RunOverview): Map<string, string> {
  const values = new Map<string, string>();
  for (const { coordinates, evaluation } of measures) {
    const cell = Object.entries(coordinates).map(([axis, value]) => `${axis}=${value}`);
    for (const row of evaluation) {
      if (row.model === '' || row.value === null) continue;
      const of = [measuredText(row), ...cell].join(',');
      values.set(`${row.metric}[${of}]`, String(Number(row.value.toPrecision(4))));
    }
  }
  return values;
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
