import type { ClaimRow } from '../report/tables/claims.js';
import type { EvaluationRow } from '../report/tables/evaluation.js';
import type { Store } from '../store/store.js';
import type { WrittenValue, WrittenWorkflow } from '../workflow/workflow.js';

/** What a run was asked to do; kept when it begins. */
export interface AskedRecord {
  /** Workflow; that of the first cell of a matrix, with the texts of all. */
  readonly written: WrittenWorkflow;
  /** What each cell of a matrix was read with; absent without one. */
  readonly cells?: readonly AskedCell[];
  readonly targets: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

export interface AskedCell {
  readonly label: string;
  readonly coordinates: Readonly<Record<string, string>>;
  readonly profile?: string;
  /** What it puts into the workflow; absent of runs of earlier versions. */
  readonly values?: readonly WrittenValue[];
}

/** How a run ended, and what it found; kept when it ends. No secret of the environment is in it. */
export interface EndRecord {
  readonly seconds: number;
  readonly device: { readonly deviceClass: string; readonly description: string } | null;
  readonly counts: Readonly<Record<'ran' | 'cached' | 'failed' | 'skipped', number>>;
  /** Steps that failed, the first ones. */
  readonly failures: readonly Failure[];
  readonly measures: readonly MeasuredCell[];
}

export interface Failure {
  readonly step: string;
  readonly message: string;
  readonly hint?: string;
  /** Definition that asked for the step: `metrics.harm`. */
  readonly origin?: string;
}

/** What was measured in one cell of a study; a workflow without a matrix is one cell without coordinates. */
export interface MeasuredCell {
  readonly coordinates: Readonly<Record<string, string>>;
  /** Rows of evaluation.csv, the first ones; how many there are. */
  readonly evaluation: readonly EvaluationRow[];
  readonly evaluationRows: number;
  /** Rows of claims.csv that are about a claim as a whole. */
  readonly claims: readonly ClaimRow[];
}

/** The results folder of a run as it left it. */
export interface ResultsDocument {
  /** Absolute. */
  readonly folder: string;
  /** That of its `run.json`. */
  readonly text: string;
}

/** The kind of each step that a run planned, by its id; kept with each plan. */
export type PlannedKinds = Readonly<Record<string, string>>;

/** None of runs of earlier versions. */
export function kindsOf(store: Store, run: string): ReadonlyMap<string, string> {
  const kinds = store.runs.document(run, 'kinds') as PlannedKinds | null | undefined;
  return new Map(Object.entries(kinds ?? {}).filter(([, kind]) => typeof kind === 'string'));
}

/** Undefined of runs of earlier versions. */
export function askedOf(store: Store, run: string): AskedRecord | undefined {
  const record = store.runs.document(run, 'workflow') as Partial<AskedRecord> | null | undefined;
  return record?.written === undefined ? undefined : (record as AskedRecord);
}

/** The workflow of a cell as the run read it; undefined where the run had no such cell, or is of an earlier version. */
export function writtenOfCell({ written, cells }: AskedRecord, label: string): WrittenWorkflow | undefined {
  if (cells === undefined) return label === '' ? written : undefined;
  const found = cells.find((cell) => cell.label === label);
  if (found?.values === undefined) return undefined;
  const { profile, values } = found;
  const { profile: _, cell: __, ...ofAll } = written;
  return { ...ofAll, ...(profile === undefined ? {} : { profile }), ...(values.length === 0 ? {} : { cell: values }) };
}

/** Undefined of runs of earlier versions, of those that go on, and of killed ones. */
export function endOf(store: Store, run: string): EndRecord | undefined {
  const record = store.runs.document(run, 'end') as Partial<EndRecord> | null | undefined;
  return record?.counts === undefined ? undefined : (record as EndRecord);
}

/** Undefined of runs of earlier versions, and of those that published nothing. */
export function resultsOf(store: Store, run: string): ResultsDocument | undefined {
  const record = store.runs.document(run, 'results') as Partial<ResultsDocument> | null | undefined;
  return typeof record?.text !== 'string' ? undefined : (record as ResultsDocument);
}
