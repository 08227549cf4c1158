import type { StepDeclaration } from './step.js';

/** All overlap results of a workflow → `overlap.csv`. Parameters: OverlapTableParams. */
export const overlapTable: StepDeclaration = {
  kind: 'overlap-table',
  revision: 2,
  usesDevice: false,
  load: async () => (await import('./implementations/overlap-table.js')).makeOverlapTable,
};
