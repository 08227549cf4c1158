import type { StepDeclaration } from './step.js';

/** Thin SVD of one tensor of an update. Parameters, inputs and outputs: SvdParams. */
export const svd: StepDeclaration = {
  kind: 'svd',
  revision: 1,
  usesDevice: true,
  load: async () => (await import('./implementations/svd.js')).runSvd,
};
