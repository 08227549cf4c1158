import { defineStep } from './step.js';

/** What tables of several cells are told apart by: columns, in front of their own. */
export type JoinedCells = {
  readonly axes: readonly { readonly name: string; readonly isNumber: boolean }[];
  /** Of each cell its value on every axis, as the user wrote it; null: none. */
  readonly cells: readonly (readonly (string | null)[])[];
};

export type JoinedTableParams = JoinedCells & {
  /** Columns whose values are numbers; absent: the table is not one of runflow's, and its values tell. */
  readonly numbers?: readonly string[];
};

/** `joined-table`: one table of several cells → a long one with a column for each axis in front. */
export const joinedTable = defineStep<JoinedTableParams>({
  kind: 'joined-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<cell>': 'CSV: the table of the cell at this index',
  },
  outputs: {
    'table.csv': 'the rows of all cells, in their order',
    'table.parquet': 'the same; numbers are doubles, what is missing is null',
  },
});
