import type { StepDeclaration } from './step.js';

/** Mean token loss of a model on rows. Parameters, inputs and output: LossParams. */
export const loss: StepDeclaration = {
  kind: 'loss',
  revision: 3,
  usesDevice: true,
  load: async () => (await import('./implementations/loss.js')).measureLoss,
};
