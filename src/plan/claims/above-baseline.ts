import type { AboveBaselineClaim } from '../../workflow/claims/above-baseline.js';
import { overlapsOf } from './claimed-overlap.js';
import type { ClaimPlan } from './kind.js';

export const aboveBaseline: ClaimPlan<AboveBaselineClaim> = {
  table: ({ metric }, workflow) => overlapsOf(metric, workflow).table,
  judged({ kind, metric }, workflow) {
    const { pairs, activations } = overlapsOf(metric, workflow);
    return { claim: { kind, of: pairs }, activations };
  },
};
