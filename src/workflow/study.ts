import type { AppliedSettings, LoadedWorkflow, WorkflowFile } from './workflow.js';

/** Many workflows of one file, a cell each. A workflow without a matrix is a study of one cell without coordinates. */
export interface Study {
  /** Absolute. */
  readonly file: string;
  readonly name: string;
  /** Every file that some cell was read from, the workflow's own first. */
  readonly files: readonly WorkflowFile[];
  /** What the command line laid over all cells. */
  readonly applied: AppliedSettings;
  /** What the command line says of the cells, `params.lr=1e-5,3e-5`, as `--matrix` takes it. */
  readonly asked: readonly string[];
  /** Profile of all cells; undefined where there is none, or an axis has it. */
  readonly profile: string | undefined;
  /** Empty without a matrix. */
  readonly axes: readonly StudyAxis[];
  readonly cells: readonly StudyCell[];
}

export interface StudyAxis {
  /** `params.lr` */
  readonly path: string;
  /** Name in coordinates and in the columns of joined tables: `lr`. */
  readonly name: string;
}

export interface StudyCell {
  /** Its name, or its coordinates; empty without a matrix. */
  readonly label: string;
  /** The values that it was given, as they were written, by the name of their axis. */
  readonly coordinates: ReadonlyMap<string, string>;
  /** Its value on every axis: what it was given, or what the workflow has there; null: nothing. */
  readonly values: readonly (CellValue | null)[];
  readonly workflow: LoadedWorkflow;
}

export interface CellValue {
  readonly value: string | number | boolean;
  readonly written: string;
}

/** A workflow as a study of one cell without coordinates. */
export function studyOf(workflow: LoadedWorkflow): Study {
  const { file, name, files, applied, profile } = workflow;
  const cell = { label: '', coordinates: new Map(), values: [], workflow };
  return { file, name, files, applied, asked: [], profile, axes: [], cells: [cell] };
}

/** Whether results are of cells: a matrix of one cell is a matrix. */
export function hasMatrix({ axes }: Study): boolean {
  return axes.length > 0;
}

/** A study as runs are recorded: those of one file and profile follow each other, and so do those of its matrix. */
export function recordedAs(study: Study): {
  readonly name: string;
  readonly file: string;
  readonly profile: string | undefined;
  readonly cells?: readonly string[];
} {
  const { name, file, profile, cells } = study;
  return { name, file, profile, ...(hasMatrix(study) ? { cells: cells.map(({ label }) => label) } : {}) };
}
