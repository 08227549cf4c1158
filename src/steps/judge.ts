import type { StepDeclaration } from './step.js';

/** Responses → a judge's scores, by rules or by a server. Parameters: JudgeParams. */
export const judge: StepDeclaration = {
  kind: 'judge',
  revision: 3,
  usesDevice: false,
  load: async () => (await import('./implementations/judge.js')).runJudge,
};
