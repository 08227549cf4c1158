import type { StepDeclaration } from './step.js';

/** A model made from another by a seeded update of known size and spectrum. */
export const perturb: StepDeclaration = {
  kind: 'perturb',
  revision: 5,
  usesDevice: false,
  load: async () => (await import('./implementations/perturb.js')).runPerturb,
};
