import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { findRun } from '../history/find-run.js';
import { differenceOfRuns, type MetricDifference, type RunDifference } from '../history/run-difference.js';
import { stepsOf } from '../history/run-steps.js';
import type { ValueDifference } from '../history/table-differences.js';
import type { RunRecord } from '../store/runs.js';
import { editLine } from '../workflow/edits.js';
import { day } from './cache-ls.js';
import { columns } from './columns.js';
import type { Command } from './command.js';
import { openedStore, storeOption } from './opened-store.js';
import { print, printJson } from './output.js';
import { ofOption, runNames } from './run-option.js';

/** Rows of a table on a screen; --json has all. */
const mostRows = 20;

export const command: Command = {
  name: 'diff',
  usage: 'RUN [RUN]',
  summary: 'Say how two runs differ: parameters, text, steps, metrics with intervals of the difference',
  positionals: { min: 1, max: 2 },
  options: { ...storeOption, ...ofOption, json: { description: 'Print one JSON object' } },
  details: [
    runNames,
    'With one RUN it is compared with the newest. Values read before → after. Intervals hold the difference in 95 % of cases:',
    'of metrics whose items are the same in both runs from the differences of items (paired), else from the items of each run',
    '(unpaired). A metric that nothing bounds, such as a loss, has none, and neither has one whose items were collected.',
  ].join('\n'),
  async run(invocation) {
    const store = openedStore(invocation);
    const [before, after] = [invocation.positionals[0]!, invocation.positionals[1] ?? 'last'].map((name) =>
      findRun(store, name, invocation.value('of')),
    );
    if (invocation.positionals.length === 1 && before!.id === after!.id) {
      throw new UsageError(`${before!.id} is the newest run itself`, {
        hint: 'Name an earlier run, such as last~1, or two runs: runflow diff RUN RUN.',
      });
    }
    const difference = await differenceOfRuns(store, before!, after!);
    if (invocation.switch('json')) printJson({ before: before!.id, after: after!.id, ...difference });
    else {
      const steps = [before!, after!].flatMap(({ id }) => stepsOf(store, id));
      const kinds = new Map(steps.map(({ id, kind }) => [id, kind]));
      print(textOf(before!, after!, difference, kinds));
    }
    return exitCodes.done;
  },
};

/** Kind of each step of either run, by its id, as far as it is known. */
type StepKinds = ReadonlyMap<string, string | undefined>;

function textOf(before: RunRecord, after: RunRecord, difference: RunDifference, kinds: StepKinds): string {
  const name = ({ id, workflow, started }: RunRecord) => `${id} of ${workflow}, ${day(started)}`;
  const head = printableLine(`${name(before)} → ${name(after)}`);
  return [`${head}\n`, ...blocksOf(difference, kinds)].join('\n');
}

function blocksOf(difference: RunDifference, kinds: StepKinds): string[] {
  const { params, texts, devices, versions, values, collected, claims } = difference;
  const others = [
    ...(devices === null ? [] : [`device ${devices[0] ?? 'none'} → ${devices[1] ?? 'none'}`]),
    ...Object.entries(versions).map(([program, [old, now]]) => `${program} ${old ?? 'absent'} → ${now ?? 'absent'}`),
  ];
  const valueRows = values
    .toSorted((a, b) => relativeChange(b) - relativeChange(a))
    .map(({ table, of, column, before, after, difference: moved }) => [
      table.replace(/\.csv$/, ''),
      Object.values(of).join(', '),
      column,
      changeText(before, after),
      signed(moved),
    ]);
  const claimRows = claims.map(({ claim, before, after }) => [
    claim,
    `${before ?? 'not judged'} → ${after ?? 'not judged'}`,
  ]);
  return [
    block(
      'Parameters',
      params === null ? ['not known: a run is of an earlier version of runflow'] : params.map((edit) => editLine(edit)),
    ),
    block('Device and versions', others),
    block('Steps', stepLines(difference, kinds)),
    metricsBlock(difference),
    tableBlock('Claims', [], claimRows),
    tableBlock(
      'Other numbers that differ, which have no interval',
      ['TABLE', 'OF', 'COLUMN', 'VALUE', 'DIFFERENCE'],
      valueRows,
    ),
    block('Not compared, for gc has collected them', collected),
    ...(texts ?? []).map(({ file, diff }) => `Text of ${printableLine(file)}\n${diff}`),
  ].filter((text) => text !== '');
}

function block(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${printableLine(line)}\n`).join('')}`;
}

function tableBlock(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const shown = rows.slice(0, mostRows).map((row) => row.map(printableLine));
  const more = rows.length > shown.length ? `  and ${rows.length - shown.length} more (--json lists all)\n` : '';
  const table = columns([...(header.length === 0 ? [] : [header]), ...shown]);
  return `${title}\n${table.replace(/^/gm, '  ').trimEnd()}\n${more}`;
}

function stepLines({ steps: { same, changed, added, removed } }: RunDifference, kinds: StepKinds): string[] {
  const lines = [
    ['changed', changed],
    ['only in the later run', added],
    ['only in the earlier run', removed],
  ] as const;
  return [
    `${same} the same`,
    ...lines.flatMap(([what, ids]) => (ids.length === 0 ? [] : [`${ids.length} ${what}: ${byKind(ids, kinds)}`])),
  ];
}

/** `22 svd, 1 train[useful]` */
function byKind(ids: readonly string[], kinds: StepKinds): string {
  const groups = new Map<string, string[]>();
  for (const id of ids) {
    const kind = kinds.get(id) ?? 'of unknown kind';
    groups.set(kind, [...(groups.get(kind) ?? []), id]);
  }
  return [...groups].map(([kind, same]) => (same.length === 1 ? same[0]! : `${same.length} ${kind}`)).join(', ');
}

function metricsBlock({ metrics, sameMetrics }: RunDifference): string {
  const rows = metrics.map((metric) => [
    metric.metric,
    ofText(metric),
    changeText(metric.before, metric.after),
    signed(metric.difference),
    metric.low === null || metric.high === null ? '' : `${signed(metric.low)} to ${signed(metric.high)}`,
    metric.method,
  ]);
  const same = sameMetrics === 0 ? '' : `  ${sameMetrics} more are the same in both\n`;
  const table = tableBlock('Metrics', ['METRIC', 'OF', 'VALUE', 'DIFFERENCE', '95 %', 'METHOD'], rows);
  return table === '' ? (same === '' ? '' : `Metrics\n${same.replace('more are', 'are')}`) : table + same;
}

function ofText({ of }: MetricDifference): string {
  const { model, update, ...others } = of;
  const rest = Object.entries(others).map(([column, value]) =>
    Number.isNaN(Number(value)) ? value : `${column} ${value}`,
  );
  return [model ?? update ?? '', ...rest].filter((part) => part !== '').join(', ');
}

/** Two numbers with as many digits as it takes to tell them apart. */
function changeText(before: number | null, after: number | null): string {
  const text = (value: number | null, digits: number) =>
    value === null ? 'none' : String(Number(value.toPrecision(digits)));
  let digits = 4;
  while (digits < 17 && text(before, digits) === text(after, digits)) digits++;
  return `${text(before, digits)} → ${text(after, digits)}`;
}

/** What came or went altogether comes first. */
function relativeChange({ before, after }: ValueDifference): number {
  if (before === null || after === null) return Number.POSITIVE_INFINITY;
  return Math.abs(after - before) / Math.max(Math.abs(before), Math.abs(after));
}

function signed(value: number | null): string {
  if (value === null) return '';
  return `${value < 0 ? '−' : '+'}${Number(Math.abs(value).toPrecision(3))}`;
}
