import { type Finding, findingsOf } from '../finding.js';
import { aboveBaseline } from './above-baseline.js';
import type { JudgedClaim } from './claim.js';
import { fallingTogether } from './falling-together.js';
import { highestPair } from './highest-pair.js';
import type { ClaimJudge, Evidence } from './kind.js';
import { linearEnergy } from './linear-energy.js';
import { strongerThanRandom } from './stronger-than-random.js';
import { casesOfSeeds } from './training-seeds.js';

const claimJudges: {
  readonly [K in JudgedClaim['kind']]: ClaimJudge<Extract<JudgedClaim, { readonly kind: K }>>;
} = {
  'linear-energy': linearEnergy,
  'stronger-than-random': strongerThanRandom,
  'falling-together': fallingTogether,
  'above-baseline': aboveBaseline,
  'highest-pair': highestPair,
};

/**
 * Whether a claim holds: the whole first, then case by case. Definitions of effects stand with their kinds; of verdicts in
 * finding.ts. Claims about tensors and layers are about the median unit (median-interval.ts), claims about items about
 * means (mean-interval.ts); neither assumes a distribution or draws random numbers. What was not measured leaves a case
 * undecided with n = 0. Every training seed is a case of its own, of one family with the others. Offers breaks, since it may take long.
 *
 * @param families how many claims of as many cells are to be right together
 */
export function judgeClaim(claim: JudgedClaim, evidence: Evidence, families?: number): Generator<undefined, Finding[]> {
  // The registry says that a judge takes just such a claim.
  const judge = claimJudges[claim.kind] as ClaimJudge<JudgedClaim>;
  return findingsOf(
    casesOfSeeds(evidence, (ofSeed) => judge.cases(claim, ofSeed)),
    families,
  );
}

/** What the effect of each kind of claim is, and what its n counts, in the report's words. */
export const claimEffects: ReadonlyMap<string, string> = new Map(
  Object.entries(claimJudges).map(([kind, { effect }]) => [kind, effect]),
);
