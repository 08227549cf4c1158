import type { StepDeclaration } from './step.js';

/** Haar-random orthonormal columns. Parameters and output: RandomBasisParams. */
export const randomBasis: StepDeclaration = {
  kind: 'random-basis',
  revision: 1,
  usesDevice: true,
  load: async () => (await import('./implementations/random-basis.js')).runRandomBasis,
};
