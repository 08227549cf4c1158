import type { StepDeclaration } from './step.js';

/** All energy results of a workflow → `energy.csv`, `energy-by-tensor.csv`. Parameters: EnergyTableParams. */
export const energyTable: StepDeclaration = {
  kind: 'energy-table',
  revision: 2,
  usesDevice: false,
  load: async () => (await import('./implementations/energy-table.js')).makeEnergyTable,
};
