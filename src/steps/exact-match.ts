import type { StepDeclaration } from './step.js';

/** Responses and right answers → which are right. Parameters: ExactMatchParams. */
export const exactMatch: StepDeclaration = {
  kind: 'exact-match',
  revision: 1,
  usesDevice: false,
  load: async () => (await import('./implementations/exact-match.js')).scoreAnswers,
};
