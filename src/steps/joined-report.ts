import type { StudyReportParams } from '../report/joined/study.js';
import { defineStep } from './step.js';

export type { ShownGroup, StudyReportParams, StudyText } from '../report/joined/study.js';

/** `joined-report`: the tables of all cells of a matrix as one page, in front of the cells' own reports. */
export const joinedReport = defineStep<StudyReportParams>({
  kind: 'joined-report',
  revision: 3,
  usesDevice: false,
  inputs: {
    '<group>/<table>.csv': 'a table of a cell, or of cells of several seeds',
    'claims/<cell>': 'CSV: claims.csv of the cell at this index, with intervals that are right for all cells together',
    'claims.csv':
      'the claims of all cells: each over all of them, in front of the rows of cells; not there where no cell has claims',
  },
  outputs: {
    'report.html': 'the page',
  },
});
