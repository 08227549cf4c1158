import type { StepDeclaration } from './step.js';

/** A model trained from another: every weight, by a recipe. Parameters, inputs and outputs: TrainParams. */
export const train: StepDeclaration = {
  kind: 'train',
  revision: 2,
  usesDevice: true,
  load: async () => (await import('./implementations/train.js')).runTrain,
};
