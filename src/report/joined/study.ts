import type { ShownParams, StepFiles } from '../section.js';

/** What is shown side by side of the cells of a matrix. A type, not an interface: it is among the parameters of steps. */
export type StudyShown = {
  /** What groups are told apart by: names of axes, behind `cell` where cells have names. */
  readonly axes: readonly string[];
  /** Input `<index>/<table>.csv` is a table of the group at this index. */
  readonly groups: readonly ShownGroup[];
};

/** A cell, or several that differ in nothing but the workflow's seed. */
export type ShownGroup = {
  /** Empty where there is only one. */
  readonly label: string;
  /** Indices of its cells. */
  readonly cells: readonly number[];
  /** Its values, one an axis, as the user wrote them; null: none. */
  readonly values: readonly (string | null)[];
  /** Seeds of the workflow whose tables are put together, each as a training seed; absent: it is one cell. */
  readonly seeds?: readonly number[];
  readonly shown: ShownParams;
  /** Parts of the report whose figures, and whose tables, its workflow asks for. */
  readonly figures: readonly string[];
  readonly tables: readonly string[];
};

/** A text of the page, and which cells it is of; empty: of all. */
export type StudyText = { readonly label: string; readonly text: string; readonly of: string };

/** What the front page of a study is made of. */
export type StudyReportParams = StudyShown & {
  readonly title: string;
  readonly workflow: string;
  /** Each axis with its values in order. */
  readonly asked: readonly { readonly axis: string; readonly values: readonly string[] }[];
  readonly cells: readonly ShownCell[];
  /** Programs of the user's with their tables that are joined of all cells; absent where there is none. */
  readonly joinedSteps?: readonly StepFiles[];
  readonly texts: readonly StudyText[];
  readonly provenance: readonly StudyText[];
  /** Whether the report shows claims: as a figure, as a table. */
  readonly claims: { readonly figure: boolean; readonly table: boolean };
};

/** A cell with its values. Input `claims/<index>` holds its claims, where it has some. */
export type ShownCell = {
  readonly label: string;
  readonly values: readonly (string | null)[];
  /** Folder of its own report below that of the study; null: it measures nothing. */
  readonly folder: string | null;
  readonly claims: boolean;
  /** Programs of the user's whose results the page links to; absent where there is none. */
  readonly steps?: readonly StepFiles[];
};
