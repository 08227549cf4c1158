import type { TensorEnergyRow } from '../../report/tables/energy.js';
import type { Behaviour, ModelEnergy } from '../behaviour.js';
import type { Case } from '../finding.js';

/**
 * How a kind of claim is judged. Its type says all that a claim speaks of, so that nothing but tables is needed; it is a
 * type and not an interface, since it is in the parameters of a step.
 */
export interface ClaimJudge<Claim> {
  /** The report's words for what the effect is, and what n counts. */
  readonly effect: string;
  /** The cases that the claim is made of. */
  cases(claim: Claim, evidence: Evidence): Case[];
}

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

/** What a claim reads of a row of energy-by-tensor.csv. */
export type TensorEnergy = Omit<TensorEnergyRow, 'energy_realised' | 'update_energy' | `cosine_${string}`>;

/** A row of overlap.csv or activations.csv. */
export interface MeasuredOverlap {
  /** null: of updates. */
  readonly model: string | null;
  /** `useful:harmful`. */
  readonly pair: string;
  /** A tensor, or a layer. */
  readonly unit: string;
  readonly energy: number;
  /** null where one side is zero. */
  readonly overlap: number | null;
  readonly baseline: number | null;
  /** null or absent: it depends on none. */
  readonly training_seed?: number | null;
}
