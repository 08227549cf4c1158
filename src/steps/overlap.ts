import type { StepDeclaration } from './step.js';

/** Mode subspace overlap of one tensor of two updates, for every energy. Inputs and output: OverlapParams. */
export const overlap: StepDeclaration = {
  kind: 'overlap',
  revision: 2,
  usesDevice: true,
  load: async () => (await import('./implementations/overlap.js')).runOverlap,
};
