import type { LinearEnergyClaim } from '../../workflow/claims/linear-energy.js';
import { projectionsOf } from './claimed-sweep.js';
import type { ClaimPlan } from './kind.js';

export const linearEnergy: ClaimPlan<LinearEnergyClaim> = {
  table: () => 'energy-by-tensor.csv',
  judged: ({ kind, sweep, tolerance }, workflow) => ({
    claim: { kind, sweep: projectionsOf(sweep, workflow), tolerance },
    activations: null,
  }),
};
