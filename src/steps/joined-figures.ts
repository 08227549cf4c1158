import type { StudyReportParams, StudyShown } from '../report/joined/study.js';
import type { FigureFormat } from '../workflow/workflow.js';
import { defineStep } from './step.js';

export type JoinedFiguresParams = StudyShown &
  Pick<StudyReportParams, 'cells' | 'claims'> & {
    /** How wide: columns of a page. */
    readonly columns: 1 | 2;
    readonly formats: readonly FigureFormat[];
  };

/** `joined-figures`: the figures of the cells of a matrix side by side, on shared axes, as files. */
export const joinedFigures = defineStep<JoinedFiguresParams>({
  kind: 'joined-figures',
  revision: 2,
  usesDevice: false,
  inputs: {
    '<group>/<table>.csv': 'a table of a cell, or of cells of several seeds',
    'claims/<cell>': 'CSV: claims.csv of the cell at this index, with intervals that are right for all cells together',
  },
  outputs: {
    'figures/<name>.<format>':
      'a figure, in parts `<name>-1`, `<name>-2` … where it is higher than a page; one with nothing to draw is not there',
  },
});
