import {
  type Behaviour,
  type FallingTogetherClaim,
  fallingTogetherCases,
  type ModelEnergy,
  type StrongerThanRandomClaim,
  strongerThanRandomCases,
} from './behaviour-claims.js';
import { type LinearEnergyClaim, linearEnergyCases, type TensorEnergy } from './energy-claim.js';
import { type Case, type Finding, findingsOf } from './finding.js';
import {
  type AboveBaselineClaim,
  aboveBaselineCases,
  type HighestPairClaim,
  highestPairCases,
  type OverlapPoint,
} from './overlap-claims.js';

/** A claim with all that it speaks of, so that nothing but tables is needed to judge it. */
export type Claim =
  | LinearEnergyClaim
  | StrongerThanRandomClaim
  | FallingTogetherClaim
  | AboveBaselineClaim
  | HighestPairClaim;

/** What was measured. */
export interface Evidence {
  /** energy.csv */
  readonly energy: readonly ModelEnergy[];
  /** energy-by-tensor.csv */
  readonly tensorEnergy: readonly TensorEnergy[];
  /** overlap.csv, or the rows of activations.csv that lie in the window of the claim's metric. */
  readonly overlap: readonly OverlapPoint[];
  /** The scores behind evaluation.csv. */
  readonly behaviour: readonly Behaviour[];
}

/**
 * Whether a claim holds: the whole first, then case by case. Definitions of effects stand with their kinds; of verdicts
 * and intervals in finding.ts. Missing measurements leave a case undecided with n = 0. Offers breaks, since it may take long.
 *
 * @param name Of the claim; names its random stream.
 */
export function judgeClaim(
  name: string,
  claim: Claim,
  evidence: Evidence,
  seed: number,
): Generator<undefined, Finding[]> {
  return findingsOf(casesOf(claim, evidence), { seed, stream: `claim/${name}` });
}

function casesOf(claim: Claim, evidence: Evidence): Case[] {
  switch (claim.kind) {
    case 'linear-energy':
      return linearEnergyCases(claim, evidence.tensorEnergy);
    case 'stronger-than-random':
      return strongerThanRandomCases(claim, evidence.behaviour, evidence.energy);
    case 'falling-together':
      return fallingTogetherCases(claim, evidence.behaviour);
    case 'above-baseline':
      return aboveBaselineCases(claim, evidence.overlap);
    case 'highest-pair':
      return highestPairCases(claim, evidence.overlap);
  }
}
