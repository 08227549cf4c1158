import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { findRun } from '../history/find-run.js';
import { measuredText, overviewOf } from '../history/overview.js';
import { askedOf, endOf, type MeasuredCell, resultsOf } from '../history/record.js';
import { type PublishedResult, resultFiles } from '../history/results-folder.js';
import { stepsOf } from '../history/run-steps.js';
import { type ShownRunner, shownRunners } from '../run/joint/shown-runners.js';
import { duration } from '../run/render/text.js';
import type { RunRecord } from '../store/runs.js';
import type { Store } from '../store/store.js';
import { day } from './cache-ls.js';
import { columns } from './columns.js';
import type { Command } from './command.js';
import { openedStore, storeOption } from './opened-store.js';
import { print, printJson } from './output.js';
import { ofOption, runNames } from './run-option.js';

export const command: Command = {
  name: 'show',
  usage: 'RUN',
  summary: 'Say what a run was: settings, steps, metrics, claims, device, failure, workflow text',
  positionals: { min: 1, max: 1 },
  completes: ['run'],
  options: {
    ...storeOption,
    ...ofOption,
    steps: { description: 'List every step' },
    json: { description: 'Print one JSON object' },
  },
  details: runNames,
  async run(invocation) {
    const store = openedStore(invocation);
    const run = findRun(store, invocation.positionals[0]!, invocation.value('of'));
    const shown = shownRun(store, run);
    if (invocation.switch('json')) printJson(shown);
    else print(textOf(shown, invocation.switch('steps')));
    return exitCodes.done;
  },
};

/** All that is known of a run; null: not known. */
function shownRun(store: Store, run: RunRecord) {
  const { measures, ...overview } = overviewOf(store, run);
  const asked = askedOf(store, run.id);
  const end = endOf(store, run.id);
  const results = resultsOf(store, run.id);
  return {
    ...overview,
    finished: run.finished ?? null,
    semantics: asked?.written.semantics ?? null,
    cells: asked?.cells?.map(({ label }) => label) ?? null,
    targets: asked?.targets ?? null,
    versions: asked?.versions ?? null,
    deviceClass: end?.device?.deviceClass ?? null,
    counts: end?.counts ?? null,
    failures: end?.failures ?? [],
    measures,
    resultsFolder: results?.folder ?? null,
    files: resultFiles(store, run.id) ?? null,
    texts: asked?.written.texts ?? null,
    runners: run.joint === true ? shownRunners(store, run.id) : null,
    steps: stepsOf(store, run.id).map(({ id, kind, key, status, seconds, problem }) => ({
      id,
      kind: kind ?? null,
      key: key ?? null,
      status: status ?? null,
      seconds: seconds ?? null,
      problem: problem ?? null,
    })),
  };
}

type ShownRun = ReturnType<typeof shownRun>;

function textOf(run: ShownRun, everyStep: boolean): string {
  const blocks = [
    headText(run),
    ...runnersBlock(run.runners ?? []),
    ...problemBlock(run),
    ...run.measures.flatMap(metricsBlock),
    ...run.measures.flatMap(claimsBlock),
    ...(everyStep ? [stepsBlock(run.steps)] : []),
    ...textBlocks(run),
  ];
  return blocks.join('\n');
}

function headText(run: ShownRun): string {
  const { id, workflow, profile, file, tags, started, state, seconds, settings, semantics, targets } = run;
  const options = [
    ...settings.map((setting) => `--set ${setting}`),
    ...(semantics ? [`--semantics ${semantics}`] : []),
  ];
  const took = seconds === null ? '' : `, took ${duration(seconds)}`;
  const versions = Object.entries(run.versions ?? {}).map(([name, version]) => `${name} ${version}`);
  const rows: [string, string][] = [
    ['state', `${state}${run.purpose === 'export' ? ' (an export)' : ''}${run.pinned ? ', pinned' : ''}`],
    ['started', `${day(started)}${took}`],
    ['file', file],
    ['tags', tags.join(' ')],
    ['cells', cellsText(run.cells ?? [])],
    ['settings', options.join(' ')],
    ['targets', targets?.join(' ') ?? ''],
    ['device', run.device === null ? '' : `${run.device} (${run.deviceClass})`],
    ['versions', versions.join(', ')],
    ['steps', stepCounts(run)],
    ['results', resultsText(run)],
  ];
  const lines = rows.filter(([, text]) => text !== '').map(([name, text]) => `  ${name.padEnd(10)}${text}`);
  const unknown =
    run.texts === null ? ['  of an earlier version of runflow, which kept no more than this of a run'] : [];
  const title = `run ${id} of ${profile === null ? workflow : `${workflow} (${profile})`}`;
  return `${[title, ...lines, ...unknown].map(printableLine).join('\n')}\n`;
}

const shownCells = 4;

function cellsText(labels: readonly string[]): string {
  if (labels.length === 0) return '';
  const more = labels.length - shownCells;
  return `${labels.length}: ${labels.slice(0, shownCells).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function stepCounts({ counts, steps }: ShownRun): string {
  const kinds = new Map<string, number>();
  for (const { kind } of steps) if (kind !== null) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const listed = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const what = Object.entries(counts ?? {}).flatMap(([state, count]) => (count > 0 ? [`${count} ${state}`] : []));
  return [`${steps.length}${what.length === 0 ? '' : `: ${what.join(', ')}`}`, ...(listed === '' ? [] : [listed])].join(
    '; ',
  );
}

function resultsText({ resultsFolder, files }: ShownRun): string {
  if (resultsFolder === null || files === null) return '';
  const gone = files.filter(({ stored }) => !stored);
  const collected = gone.length === 0 ? '' : `; collected: ${gone.map(({ file }: PublishedResult) => file).join(', ')}`;
  return `${files.length} files in ${resultsFolder}${collected}`;
}

function problemBlock({ problem, failures }: ShownRun): string[] {
  if (problem === null && failures.length === 0) return [];
  if (failures.length === 0) return [`What was the matter:\n  ${problem}\n`];
  const lines = failures.flatMap(({ step, message, hint, origin }) => [
    `  ${step}: ${message}`,
    ...(hint === undefined ? [] : [`    ${hint}`]),
    ...(origin === undefined ? [] : [`    asked for by ${origin}`]),
  ]);
  return [`What was the matter:\n${lines.join('\n')}\n`];
}

function runnersBlock(runners: readonly ShownRunner[]): string[] {
  if (runners.length === 0) return [];
  const rows = runners.map(({ runner, job, host, device, how, problem, steps }) =>
    [runner, host ?? '', how ?? 'no word of its end', String(steps), device ?? '', job ?? '', problem ?? ''].map(
      printableLine,
    ),
  );
  return [`Runners\n${columns([['RUNNER', 'HOST', 'ENDED', 'STEPS', 'DEVICE', 'JOB', 'PROBLEM'], ...rows], [3])}`];
}

function metricsBlock({ coordinates, evaluation, evaluationRows }: MeasuredCell): string[] {
  if (evaluation.length === 0) return [];
  const rows = evaluation.map((row) => [
    row.metric,
    measuredText(row),
    numberText(row.value),
    row.ci_low === null || row.ci_high === null ? '' : `${numberText(row.ci_low)} to ${numberText(row.ci_high)}`,
    String(row.n),
  ]);
  const left = evaluationRows > evaluation.length ? `and ${evaluationRows - evaluation.length} more\n` : '';
  const table = columns([['METRIC', 'OF', 'VALUE', '95 %', 'N'], ...rows.map((row) => row.map(printableLine))], [2, 4]);
  return [`Metrics${cellText(coordinates)}\n${table}${left}`];
}

function claimsBlock({ coordinates, claims }: MeasuredCell): string[] {
  if (claims.length === 0) return [];
  const rows = claims.map(({ claim, verdict, effect, ci_low, ci_high, note }) =>
    [
      claim,
      verdict,
      numberText(effect),
      ci_low === null || ci_high === null ? '' : `${numberText(ci_low)} to ${numberText(ci_high)}`,
      note,
    ].map(printableLine),
  );
  return [`Claims${cellText(coordinates)}\n${columns([['CLAIM', 'VERDICT', 'EFFECT', '95 %', 'NOTE'], ...rows], [2])}`];
}

function cellText(coordinates: MeasuredCell['coordinates']): string {
  const parts = Object.entries(coordinates).map(([axis, value]) => `${axis}=${value}`);
  return parts.length === 0 ? '' : ` of ${printableLine(parts.join(','))}`;
}

function stepsBlock(steps: ShownRun['steps']): string {
  const rows = steps.map(({ id, status, seconds, key }) => [
    printableLine(id),
    status ?? '?',
    seconds === null ? '' : duration(seconds),
    key === null ? '' : key.slice(7, 19),
  ]);
  return `Steps\n${columns([['STEP', 'STATE', 'TOOK', 'KEY'], ...rows], [2])}`;
}

function textBlocks({ texts }: ShownRun): string[] {
  return (texts ?? []).map(({ file, text }) => `--- ${printableLine(file)}\n${text}${text.endsWith('\n') ? '' : '\n'}`);
}

function numberText(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(4)));
}
