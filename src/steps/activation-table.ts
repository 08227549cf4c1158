import type { StepDeclaration } from './step.js';

/** All overlaps of activations of a workflow → `activations.csv`. Parameters: ActivationTableParams. */
export const activationTable: StepDeclaration = {
  kind: 'activation-table',
  revision: 2,
  usesDevice: false,
  load: async () => (await import('./implementations/activation-table.js')).makeActivationTable,
};
