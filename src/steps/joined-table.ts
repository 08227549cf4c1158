import { defineStep } from './step.js';

/** What tables of several cells are told apart by: columns, in front of their own. One that a table has, too, gets `cell_` in front. */
export type JoinedCells = {
  readonly axes: readonly { readonly name: string; readonly isNumber: boolean }[];
  /** Values of each cell, one an axis, as the user wrote them; null: none. */
  readonly cells: readonly (readonly (string | null)[])[];
};

export type JoinedTableParams = JoinedCells & {
  /** Name of the table in the results folder of a cell: `energy.csv`. */
  readonly file: string;
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
