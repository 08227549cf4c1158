import { defineStep } from './step.js';

export type ActivationBasisParams = {
  /** Subtracts the mean of H's columns first. */
  readonly centre: boolean;
};

/** `activation-basis[metric,model,prompts,layer]`: left singular vectors and singular values of H, r = min(prompts, hidden). */
export const activationBasis = defineStep<ActivationBasisParams>({
  kind: 'activation-basis',
  revision: 2,
  usesDevice: true,
  inputs: {
    hidden: '[prompts, hidden]: Hᵀ',
  },
  outputs: {
    u: 'F32 [hidden, r]',
    s: 'F64 [r]',
  },
});
