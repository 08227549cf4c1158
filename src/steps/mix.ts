import type { StepDeclaration } from './step.js';

/** A dataset made of parts of others. */
export const mix: StepDeclaration = {
  kind: 'mix',
  revision: 2,
  usesDevice: false,
  load: async () => (await import('./implementations/mix.js')).runMix,
};
