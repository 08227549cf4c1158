import type { StepDeclaration } from './step.js';

/** Writes a model with a projected update. Parameters, inputs and outputs: ProjectParams. */
export const project: StepDeclaration = {
  kind: 'project',
  revision: 2,
  usesDevice: true,
  load: async () => (await import('./implementations/project.js')).runProject,
};
