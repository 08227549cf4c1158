import type { HighestPairClaim } from '../../workflow/claims/highest-pair.js';
import { overlapsOf } from './claimed-overlap.js';
import type { ClaimPlan } from './kind.js';

export const highestPair: ClaimPlan<HighestPairClaim> = {
  table: ({ metric }, workflow) => overlapsOf(metric, workflow).table,
  judged({ kind, metric, pair }, workflow) {
    const { pairs, activations } = overlapsOf(metric, workflow);
    return { claim: { kind, of: pairs, pair: pair.join(':') }, activations };
  },
};
