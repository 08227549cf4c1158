import type { StepDeclaration } from './step.js';

/** The loss curves of all trained models of a workflow → `loss.csv`. Parameters: LossTableParams. */
export const lossTable: StepDeclaration = {
  kind: 'loss-table',
  revision: 1,
  usesDevice: false,
  load: async () => (await import('./implementations/loss-table.js')).makeLossTable,
};
