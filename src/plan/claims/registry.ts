import type { Claim, ClaimOf } from '../../workflow/claims/claim.js';
import { aboveBaseline } from './above-baseline.js';
import { fallingTogether } from './falling-together.js';
import { highestPair } from './highest-pair.js';
import type { ClaimPlan } from './kind.js';
import { linearEnergy } from './linear-energy.js';
import { strongerThanRandom } from './stronger-than-random.js';

const claimPlans: { readonly [K in Claim['kind']]: ClaimPlan<ClaimOf<K>> } = {
  'linear-energy': linearEnergy,
  'stronger-than-random': strongerThanRandom,
  'falling-together': fallingTogether,
  'above-baseline': aboveBaseline,
  'highest-pair': highestPair,
};

/** The registry says that a plan takes just such a claim. */
export function claimPlan({ kind }: Claim): ClaimPlan<Claim> {
  return claimPlans[kind] as ClaimPlan<Claim>;
}
