import type { StepDeclaration } from './step.js';

/** Randomised SVD of one tensor of an update. Parameters, inputs and outputs: RandomisedSvdParams. */
export const randomisedSvd: StepDeclaration = {
  kind: 'randomised-svd',
  revision: 1,
  usesDevice: true,
  load: async () => (await import('./implementations/randomised-svd.js')).runRandomisedSvd,
};
