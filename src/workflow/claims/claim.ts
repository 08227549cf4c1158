import type { AboveBaselineClaim, RawAboveBaseline } from './above-baseline.js';
import type { FallingTogetherClaim, RawFallingTogether } from './falling-together.js';
import type { HighestPairClaim, RawHighestPair } from './highest-pair.js';
import type { LinearEnergyClaim, RawLinearEnergy } from './linear-energy.js';
import type { RawStrongerThanRandom, StrongerThanRandomClaim } from './stronger-than-random.js';

/** What a workflow expects to find; src/eval/claims says what each kind means. */
export type Claim =
  | LinearEnergyClaim
  | StrongerThanRandomClaim
  | FallingTogetherClaim
  | AboveBaselineClaim
  | HighestPairClaim;
export type RawClaim = RawLinearEnergy | RawStrongerThanRandom | RawFallingTogether | RawAboveBaseline | RawHighestPair;
export type ClaimOf<K extends Claim['kind']> = Extract<Claim, { readonly kind: K }>;
export type RawClaimOf<K extends Claim['kind']> = Extract<RawClaim, { readonly kind: K }>;
