import type { StepDeclaration } from './step.js';

/** Hidden states of a model for prompts. Parameters, inputs and outputs: ActivationsParams. */
export const activations: StepDeclaration = {
  kind: 'activations',
  revision: 4,
  usesDevice: true,
  load: async () => (await import('./implementations/activations.js')).collectActivations,
};
