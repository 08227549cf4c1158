import { dirname, relative } from 'node:path';
import { readCells } from '../report/tables/csv.js';
import { seedSuffix } from '../report/training-seeds.js';
import { unlessDamaged } from '../store/object-store.js';
import type { RunRecord } from '../store/runs.js';
import type { Store } from '../store/store.js';
import type { EditText } from '../workflow/edits.js';
import type { WrittenWorkflow } from '../workflow/workflow.js';
import { lineDiff, unifiedText } from './line-diff.js';
import { paramDifferences } from './param-differences.js';
import { askedOf, endOf } from './record.js';
import { resultFiles } from './results-folder.js';
import { identityOf, scoresOf } from './run-scores.js';
import { type RunStep, stepsOf } from './run-steps.js';
import { differenceOf, type ScoreDifference, scoreDifference } from './score-difference.js';
import { type Cells, comparedTables, numberOf, tableDifferences, type ValueDifference } from './table-differences.js';

/** A row of evaluation.csv that two runs do not have in common. */
export interface MetricDifference extends ScoreDifference {
  readonly metric: string;
  /** The row's other columns that say what was measured. */
  readonly of: Cells;
  readonly before: number | null;
  readonly after: number | null;
}

export interface ClaimDifference {
  readonly claim: string;
  /** null: the run did not judge it. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What became of steps from one run to another. */
export interface StepDifferences {
  readonly same: number;
  /** Steps with another key: other parameters, inputs, revision or device. */
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface RunDifference {
  /** null: a run is of an earlier version, which kept no text. */
  readonly texts: readonly { readonly file: string; readonly diff: string }[] | null;
  readonly params: readonly EditText[] | null;
  readonly steps: StepDifferences;
  readonly metrics: readonly MetricDifference[];
  /** Rows of evaluation.csv with the same value in both. */
  readonly sameMetrics: number;
  readonly values: readonly ValueDifference[];
  readonly claims: readonly ClaimDifference[];
  /** Tables of a run that gc has collected: they could not be compared. */
  readonly collected: readonly string[];
  /** Device classes, where they differ. */
  readonly devices: readonly [string | null, string | null] | null;
  /** Versions that differ, by program. */
  readonly versions: Readonly<Record<string, readonly [string | null, string | null]>>;
}

/** What differs between two runs, of one workflow or of two. */
export async function differenceOfRuns(store: Store, before: RunRecord, after: RunRecord): Promise<RunDifference> {
  const [then, now] = [askedOf(store, before.id), askedOf(store, after.id)];
  const [oldSteps, newSteps] = [stepsOf(store, before.id), stepsOf(store, after.id)];
  const devices = [before, after].map(({ id }) => endOf(store, id)?.device?.deviceClass ?? null);
  return {
    texts: then && now ? textDifferences(then.written, now.written) : null,
    params: then && now ? await paramDifferences(then, now) : null,
    steps: stepDifferences(oldSteps, newSteps),
    ...(await measuredDifferences(store, { run: before.id, steps: oldSteps }, { run: after.id, steps: newSteps })),
    devices: devices[0] === devices[1] ? null : [devices[0]!, devices[1]!],
    versions: versionDifferences(then?.versions ?? {}, now?.versions ?? {}),
  };
}

function textDifferences(before: WrittenWorkflow, after: WrittenWorkflow): RunDifference['texts'] {
  const names = ({ file, texts }: WrittenWorkflow) =>
    new Map(texts.map((text, index) => [index === 0 ? '' : relative(dirname(file), text.file), text.text]));
  const [then, now] = [names(before), names(after)];
  return [...new Set([...now.keys(), ...then.keys()])].flatMap((name) => {
    const [old, text] = [then.get(name) ?? '', now.get(name) ?? ''];
    if (old === text) return [];
    const file = name === '' ? relative(dirname(after.file), after.file) : name;
    return [{ file, diff: unifiedText(lineDiff(old, text)) }];
  });
}

function stepDifferences(before: readonly RunStep[], after: readonly RunStep[]): StepDifferences {
  const then = new Map(before.map((step) => [step.id, step.key]));
  const now = new Map(after.map((step) => [step.id, step.key]));
  const both = [...now.keys()].filter((id) => then.has(id));
  const changed = both.filter((id) => then.get(id) !== now.get(id));
  return {
    same: both.length - changed.length,
    changed,
    added: [...now.keys()].filter((id) => !then.has(id)),
    removed: [...then.keys()].filter((id) => !now.has(id)),
  };
}

interface ComparedRun {
  readonly run: string;
  readonly steps: readonly RunStep[];
}

async function measuredDifferences(store: Store, before: ComparedRun, after: ComparedRun) {
  const collected = new Set<string>();
  const [then, now] = [new RunTables(store, before.run, collected), new RunTables(store, after.run, collected)];
  const { metrics, same: sameMetrics } = await metricDifferences(store, { then, now, before, after });
  const values: ValueDifference[] = [];
  for (const table of comparedTables) {
    values.push(...tableDifferences(table, await then.rows(table), await now.rows(table)));
  }
  const claims = claimDifferences(await then.rows('claims.csv'), await now.rows('claims.csv'));
  return { metrics, sameMetrics, values, claims, collected: [...collected] };
}

/** Tables of a run's results; those of a matrix are the joined ones. */
class RunTables {
  readonly #store: Store;
  readonly #run: string;
  readonly #collected: Set<string>;
  readonly #files: ReadonlyMap<string, `sha256:${string}`>;

  constructor(store: Store, run: string, collected: Set<string>) {
    this.#store = store;
    this.#run = run;
    this.#collected = collected;
    const files = (resultFiles(store, run) ?? []).filter(({ current }) => current);
    this.#files = new Map(files.map(({ file, digest }) => [file, digest]));
  }

  async rows(table: string): Promise<readonly Cells[]> {
    const digest = this.#files.get(table);
    if (digest === undefined) return [];
    const object = this.#store.objects.find(digest);
    const bytes = object === undefined ? undefined : await this.#store.objects.read(object).catch(unlessDamaged);
    if (bytes === undefined) this.#collected.add(`${table} of ${this.#run}`);
    return bytes === undefined ? [] : readCells(new TextDecoder().decode(bytes));
  }
}

const unmeasuredColumns = ['value', 'ci_low', 'ci_high', 'n', 'invalid', 'stderr'];

/** The columns that say what a row of evaluation.csv is of. */
function measuredBy(row: Cells): Cells {
  return Object.fromEntries(
    Object.entries(row).filter(([name, cell]) => !unmeasuredColumns.includes(name) && cell !== ''),
  );
}

async function metricDifferences(
  store: Store,
  runs: {
    readonly then: RunTables;
    readonly now: RunTables;
    readonly before: ComparedRun;
    readonly after: ComparedRun;
  },
): Promise<{ metrics: MetricDifference[]; same: number }> {
  const oldScores = await scoresOf(store, runs.before.steps);
  const newScores = await scoresOf(store, runs.after.steps);
  const byRow = (rows: readonly Cells[]) => new Map(rows.map((row) => [identityOf(measuredBy(row)), row]));
  const then = byRow(await runs.then.rows('evaluation.csv'));
  const now = byRow(await runs.now.rows('evaluation.csv'));
  const metrics: MetricDifference[] = [];
  let same = 0;
  for (const identity of new Set([...now.keys(), ...then.keys()])) {
    const [old, row] = [then.get(identity), now.get(identity)];
    const [before, after] = [numberOf(old?.value), numberOf(row?.value)];
    if (old !== undefined && row !== undefined && before === after) {
      same += 1;
      continue;
    }
    const { metric = '', ...of } = measuredBy((row ?? old)!);
    const [a, b] = [oldScores.get(identity), newScores.get(identity)];
    const estimate: ScoreDifference =
      a?.scores !== undefined && b?.scores !== undefined
        ? scoreDifference(a.scores, b.scores, a.items !== undefined && a.items === b.items)
        : { difference: differenceOf(before, after), low: null, high: null, method: whyNoInterval(old, row) };
    metrics.push({ metric, of, before, after, ...estimate });
  }
  return { metrics, same };
}

function whyNoInterval(before: Cells | undefined, after: Cells | undefined): string {
  if (before === undefined) return 'no interval: measured in the later run only';
  if (after === undefined) return 'no interval: measured in the earlier run only';
  return 'no interval: the items were collected';
}

function claimDifferences(before: readonly Cells[], after: readonly Cells[]): ClaimDifference[] {
  const verdicts = (rows: readonly Cells[]) =>
    new Map(
      rows
        .filter((row) => row.case === '')
        .map(({ claim = '', verdict, training_seed: seed }) => [
          `${claim}${seedSuffix({ training_seed: seed ? Number(seed) : null })}`,
          verdict!,
        ]),
    );
  const [then, now] = [verdicts(before), verdicts(after)];
  return [...new Set([...now.keys(), ...then.keys()])].flatMap((claim) => {
    const [old, verdict] = [then.get(claim) ?? null, now.get(claim) ?? null];
    return old === verdict ? [] : [{ claim, before: old, after: verdict }];
  });
}

function versionDifferences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): RunDifference['versions'] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return Object.fromEntries(
    names
      .filter((name) => before[name] !== after[name])
      .map((name) => [name, [before[name] ?? null, after[name] ?? null] as const]),
  );
}
