import type { ShownParams } from '../report/section.js';
import type { TableFormat } from '../workflow/workflow.js';
import { defineStep } from './step.js';

export type TablesParams = ShownParams & {
  /** Parts of the report whose tables are wanted. */
  readonly parts: readonly string[];
  readonly formats: readonly TableFormat[];
};

/** `tables`: tables in the layout of papers. */
export const tables = defineStep<TablesParams>({
  kind: 'tables',
  revision: 4,
  usesDevice: false,
  inputs: {
    '<table>.csv': 'a table, named as in the results folder',
  },
  outputs: {
    'tables/<name>.<format>': 'a table; one of which nothing was measured is not there',
  },
});
