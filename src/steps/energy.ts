import type { StepDeclaration } from './step.js';

/** Energy that a projection keeps of one tensor of an update, for every rank. Parameters, inputs and output: EnergyParams. */
export const energy: StepDeclaration = {
  kind: 'energy',
  revision: 2,
  usesDevice: true,
  load: async () => (await import('./implementations/energy.js')).runEnergy,
};
