import type { StepDeclaration } from './step.js';

/** All scores of a workflow → `evaluation.csv` and the items behind it. Parameters: EvaluationTableParams. */
export const evaluationTable: StepDeclaration = {
  kind: 'evaluation-table',
  revision: 3,
  usesDevice: false,
  load: async () => (await import('./implementations/evaluation-table.js')).makeEvaluationTable,
};
