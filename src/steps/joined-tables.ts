import type { StudyShown } from '../report/joined/study.js';
import type { TableFormat } from '../workflow/workflow.js';
import { defineStep } from './step.js';

export type JoinedTablesParams = StudyShown & { readonly formats: readonly TableFormat[] };

/** `joined-tables`: the cells of a matrix in one table for papers, a block of rows each. */
export const joinedTables = defineStep<JoinedTablesParams>({
  kind: 'joined-tables',
  revision: 2,
  usesDevice: false,
  inputs: {
    '<group>/<table>.csv': 'a table of a cell, or of cells of several seeds',
  },
  outputs: {
    'tables/<name>.<format>': 'a table; one of which nothing was measured is not there',
  },
});
