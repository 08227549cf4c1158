import type { StepDeclaration } from './step.js';

/** Inner product and energies of one tensor of two updates. Parameters, inputs and output: CosineParams. */
export const cosine: StepDeclaration = {
  kind: 'cosine',
  revision: 1,
  usesDevice: false,
  load: async () => (await import('./implementations/cosine.js')).runCosine,
};
