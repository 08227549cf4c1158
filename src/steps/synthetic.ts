import type { StepDeclaration } from './step.js';

/** Rows of the toy world, made by a seeded generator. */
export const synthetic: StepDeclaration = {
  kind: 'synthetic',
  revision: 1,
  usesDevice: false,
  load: async () => (await import('./implementations/synthetic.js')).runSynthetic,
};
