import type { Behaviour, ModelEnergy } from './behaviour.js';
import { type LinearEnergyClaim, linearEnergyCases, type TensorEnergy } from './energy-claim.js';
import { type FallingTogetherClaim, fallingTogetherCases } from './falling-claim.js';
import { type Case, type Finding, findingsOf } from './finding.js';
import {
  type AboveBaselineClaim,
  aboveBaselineCases,
  type HighestPairClaim,
  highestPairCases,
  type MeasuredOverlap,
} from './overlap-claims.js';
import { type StrongerThanRandomClaim, strongerThanRandomCases } from './stronger-claim.js';

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
  readonly overlap: readonly MeasuredOverlap[];
  /** The scores behind evaluation.csv. */
  readonly behaviour: readonly Behaviour[];
}

/**
 * Whether a claim holds: the whole first, then case by case. Definitions of effects stand with their kinds; of verdicts in
 * finding.ts. Claims about tensors and layers are about the median unit (median-interval.ts), claims about items about
 * means (mean-interval.ts); neither assumes a distribution or draws random numbers. What was not measured leaves a case
 * undecided with n = 0. Offers breaks, since it may take long.
 */
export function judgeClaim(claim: Claim, evidence: Evidence): Generator<undefined, Finding[]> {
  return findingsOf(casesOf(claim, evidence));
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
