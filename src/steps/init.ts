import type { StepDeclaration } from './step.js';

/** A model from scratch: seeded weights of an architecture, in Hugging Face's names and shapes. */
export const init: StepDeclaration = {
  kind: 'init',
  revision: 1,
  usesDevice: false,
  load: async () => (await import('./implementations/init.js')).runInit,
};
