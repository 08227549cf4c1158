import type { StepDeclaration } from './step.js';

/** A dataset's rows, read from its files and put through its transforms. */
export const rows: StepDeclaration = {
  kind: 'rows',
  revision: 2,
  usesDevice: false,
  load: async () => (await import('./implementations/rows.js')).runRows,
};
