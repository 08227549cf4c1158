import type { ReportParams, StepFiles } from '../report/section.js';
import { defineStep } from './step.js';

export type { ReportParams, StepFiles };

/** `report`: the result tables of a workflow as a page. */
export const report = defineStep<ReportParams>({
  kind: 'report',
  revision: 15,
  usesDevice: false,
  inputs: {
    '<table>.csv': 'a table, named as in the results folder',
  },
  outputs: {
    'report.html': 'the page',
  },
});
