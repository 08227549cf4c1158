import type { StepDeclaration } from './step.js';

/** Scores of responses by a local model. Parameters, inputs and outputs: ModelJudgeParams. */
export const modelJudge: StepDeclaration = {
  kind: 'model-judge',
  revision: 3,
  usesDevice: true,
  load: async () => (await import('./implementations/model-judge.js')).runModelJudge,
};
