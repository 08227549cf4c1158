import type { JoinedCells } from './joined-table.js';
import { defineStep } from './step.js';

export type JoinedClaimsParams = JoinedCells;

/** `joined-claims-table`: the claims of several cells, judged as one family → each over all cells, and then cell by cell. */
export const joinedClaimsTable = defineStep<JoinedClaimsParams>({
  kind: 'joined-claims-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<cell>': 'CSV: claims.csv of the cell at this index, with intervals that are right for all cells together',
  },
  outputs: {
    'table.csv': 'one line a claim over all cells, whose axes are empty; then the rows of all cells',
    'table.parquet': 'the same; numbers are doubles, what is missing is null',
  },
});
