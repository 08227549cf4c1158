import type { EvaluationRow } from '../report/tables/evaluation.js';
import { seedSuffix } from '../report/training-seeds.js';
import { type RunRecord, seriesOf } from '../store/runs.js';
import type { Store } from '../store/store.js';
import { type RunState, stateOf } from './find-run.js';
import { askedOf, endOf, type MeasuredCell } from './record.js';
import { resultFiles } from './results-folder.js';
import { RunFieldsReader } from './run-fields.js';

/** A run in a list of runs. What is not known of it is null: it goes on, was killed, or is of an earlier version. */
export interface RunOverview {
  readonly id: string;
  readonly workflow: string;
  readonly profile: string | null;
  readonly file: string;
  readonly tags: readonly string[];
  readonly started: string;
  readonly state: RunState;
  readonly problem: string | null;
  readonly pinned: boolean;
  readonly purpose: 'run' | 'export';
  readonly seconds: number | null;
  readonly device: string | null;
  /** How many steps it looked up. */
  readonly steps: number;
  readonly ran: number | null;
  /** Result files whose bytes the store no longer has, of how many. */
  readonly results: { readonly files: number; readonly collected: number } | null;
  /** Command line: what was laid over the workflow as it is written. */
  readonly settings: readonly string[];
  readonly measures: readonly MeasuredCell[];
}

export function overviewOf(store: Store, run: RunRecord): RunOverview {
  const end = endOf(store, run.id);
  const files = resultFiles(store, run.id)?.filter(({ current }) => current);
  return {
    id: run.id,
    workflow: run.workflow,
    profile: run.profile ?? null,
    file: run.file,
    tags: run.tags ?? [],
    started: run.started,
    state: stateOf(store, run),
    problem: run.problem ?? null,
    pinned: run.pinned === true,
    purpose: run.purpose ?? 'run',
    seconds: end?.seconds ?? secondsBetween(run.started, run.finished),
    device: end?.device?.description ?? null,
    steps: new Set(store.runs.keysOf(run.id).map(({ step }) => step)).size,
    ran: end?.counts.ran ?? null,
    results:
      files === undefined ? null : { files: files.length, collected: files.filter(({ stored }) => !stored).length },
    settings: askedOf(store, run.id)?.written.set ?? [],
    measures: end?.measures ?? [],
  };
}

function secondsBetween(started: string, finished: string | undefined): number | null {
  return finished === undefined ? null : (Date.parse(finished) - Date.parse(started)) / 1000;
}

/** Runs that follow each other: of one workflow file with one profile. */
export interface Series {
  readonly workflow: string;
  readonly profile: string | null;
  readonly file: string;
  /** Newest first. */
  readonly runs: readonly RunOverview[];
  /** Fields in which they differ, by path: what a run has, as it was written, of a matrix that of all cells; null: not given; undefined: not known. */
  readonly params: ReadonlyMap<string, readonly (string | null | undefined)[]>;
}

/** @param runs newest first; the series come in the order of their newest runs */
export async function seriesAmong(store: Store, runs: readonly RunRecord[]): Promise<Series[]> {
  const series = new Map<string, RunRecord[]>();
  for (const run of runs) series.set(seriesOf(run), [...(series.get(seriesOf(run)) ?? []), run]);
  const reader = new RunFieldsReader();
  const found: Series[] = [];
  for (const members of series.values()) {
    const { workflow, profile = null, file } = members[0]!;
    const fields = await Promise.all(members.map(({ id }) => reader.of(askedOf(store, id))));
    const params = differing(fields);
    found.push({ workflow, profile, file, runs: members.map((run) => overviewOf(store, run)), params });
  }
  return found;
}

type Fields = ReadonlyMap<string, string>;

function differing(runs: readonly (Fields | undefined)[]): Series['params'] {
  const known = runs.filter((fields) => fields !== undefined);
  const paths = new Set(known.flatMap((fields) => [...fields.keys()]));
  const differ = [...paths].filter((path) => new Set(known.map((fields) => fields.get(path))).size > 1);
  return new Map(
    differ.map((path) => [path, runs.map((fields) => (fields === undefined ? undefined : (fields.get(path) ?? null)))]),
  );
}

/** The shortest end of each path that no other of them has: `lr`, or `full.lr` beside `brief.lr`. */
export function shortNames(paths: readonly string[]): readonly string[] {
  return paths.map((path) => {
    const parts = path.split('.');
    for (let length = 1; length < parts.length; length++) {
      const end = parts.slice(-length).join('.');
      if (!paths.some((other) => other !== path && (other === end || other.endsWith(`.${end}`)))) return end;
    }
    return path;
  });
}

/** What a row of evaluation.csv measured, without its metric: `useful`, `harm in top-k, parallel, 0.5`. */
export function measuredText(row: EvaluationRow): string {
  const { model, update, subspace, seed, mode, side, fraction, rank, times } = row;
  const trained = seedSuffix(row);
  if (model !== '') return `${model}${times === null ? '' : ` at ${times}`}${trained}`;
  const extent = rank === null ? (fraction === null ? [] : [String(fraction)]) : [`rank ${rank}`];
  const parts = [mode, side, ...extent, ...(seed === null ? [] : [`seed ${seed}`])].filter((part) => part !== '');
  return `${update} in ${subspace}, ${parts.join(', ')}${trained}`;
}
