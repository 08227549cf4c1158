import type { ShownParams } from '../report/section.js';
import type { FigureFormat } from '../workflow/workflow.js';
import { defineStep } from './step.js';

export type FiguresParams = ShownParams & {
  /** Parts of the report whose figures are wanted. */
  readonly parts: readonly string[];
  /** How wide: columns of a page. */
  readonly columns: 1 | 2;
  readonly formats: readonly FigureFormat[];
};

/** `figures`: the figures of the report as files, each with title and legend. */
export const figures = defineStep<FiguresParams>({
  kind: 'figures',
  revision: 4,
  usesDevice: false,
  inputs: {
    '<table>.csv': 'a table, named as in the results folder',
  },
  outputs: {
    'figures/<name>.<format>':
      'a figure, in parts `<name>-1`, `<name>-2` … where it is higher than a page; one with nothing to draw is not there',
  },
});
