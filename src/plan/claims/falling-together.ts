import type { FallingTogetherClaim } from '../../workflow/claims/falling-together.js';
import { projectionsWithEnds } from './claimed-sweep.js';
import type { ClaimPlan } from './kind.js';

export const fallingTogether: ClaimPlan<FallingTogetherClaim> = {
  scores: ({ metrics }) => metrics,
  judged: ({ kind, sweep, metrics, tolerance }, workflow) => ({
    claim: { kind, sweep: projectionsWithEnds(sweep, workflow), metrics, tolerance },
    activations: null,
  }),
};
