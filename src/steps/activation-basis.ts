import type { StepDeclaration } from './step.js';

/** Left singular vectors of hidden states. Parameters, inputs and outputs: ActivationBasisParams. */
export const activationBasis: StepDeclaration = {
  kind: 'activation-basis',
  revision: 1,
  usesDevice: true,
  load: async () => (await import('./implementations/activation-basis.js')).runActivationBasis,
};
