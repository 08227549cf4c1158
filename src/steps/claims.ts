import type { StepDeclaration } from './step.js';

/** Tables and scores → whether what the workflow expects is so. Parameters: ClaimsParams. */
export const claims: StepDeclaration = {
  kind: 'claims',
  revision: 5,
  usesDevice: false,
  load: async () => (await import('./implementations/claims.js')).judgeClaims,
};
