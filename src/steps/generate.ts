import type { StepDeclaration } from './step.js';

/** Responses of a model to prompts. Parameters, inputs and output: GenerateParams. */
export const generate: StepDeclaration = {
  kind: 'generate',
  revision: 3,
  usesDevice: true,
  load: async () => (await import('./implementations/generate.js')).runGenerate,
};
