import type { StudyReportParams, StudyShown } from '../report/joined/study.js';
import type { TableFormat } from '../workflow/workflow.js';
import { defineStep } from './step.js';

export type JoinedTablesParams = StudyShown &
  Pick<StudyReportParams, 'cells' | 'claims'> & { readonly formats: readonly TableFormat[] };

/** `joined-tables`: the cells of a matrix in one table for papers, a block of rows each. */
export const joinedTables = defineStep<JoinedTablesParams>({
  kind: 'joined-tables',
  revision: 3,
  usesDevice: false,
  inputs: {
    '<group>/<table>.csv': 'a table of a cell, or of cells of several seeds',
    'claims/<cell>': 'CSV: claims.csv of the cell at this index, with intervals that are right for all cells together',
    'claims.csv':
      'the claims of all cells: each over all of them, in front of the rows of cells; not there where no cell has claims',
  },
  outputs: {
    'tables/<name>.<format>': 'a table; one of which nothing was measured is not there',
  },
});
