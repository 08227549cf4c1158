import type { StepDeclaration } from './step.js';

/** What became of the rows of every dataset that was tokenised → `data.csv`. Parameters: DataTableParams. */
export const dataTable: StepDeclaration = {
  kind: 'data-table',
  revision: 1,
  usesDevice: false,
  load: async () => (await import('./implementations/data-table.js')).makeDataTable,
};
