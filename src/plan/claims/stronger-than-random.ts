import type { StrongerThanRandomClaim } from '../../workflow/claims/stronger-than-random.js';
import { projectionsWithEnds } from './claimed-sweep.js';
import type { ClaimPlan } from './kind.js';

export const strongerThanRandom: ClaimPlan<StrongerThanRandomClaim> = {
  table: () => 'energy.csv',
  scores: ({ metric }) => [metric],
  judged: ({ kind, sweep, metric, subspace, than }, workflow) => ({
    claim: { kind, sweep: projectionsWithEnds(sweep, workflow), metric, subspace, than },
    activations: null,
  }),
};
