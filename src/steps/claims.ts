import type { JudgedClaim } from '../eval/claims/claim.js';
import type { EvaluationTableRow } from './evaluation-table.js';
import { defineStep } from './step.js';

export type { ClaimedBehaviour, ClaimedSweep } from '../eval/behaviour.js';
export type { ClaimedPairs } from '../eval/claims/overlaps.js';

export type ClaimsParams = {
  readonly claims: readonly ClaimOfTables[];
  /** What the `scores` are of. */
  readonly rows: readonly ClaimedRow[];
};

/** A row of evaluation.csv that claims speak of. */
export type ClaimedRow = Omit<EvaluationTableRow, 'items'> & {
  /** Part of the directions of the update that a row with a rank uses. */
  readonly share?: number;
  /** Which of the named scores; absent: the metric's own. */
  readonly score?: string;
};

export type ClaimOfTables = {
  readonly name: string;
  readonly claim: JudgedClaim;
  /** Metric of activations.csv that a claim about pairs reads; null: overlap.csv. */
  readonly activations: string | null;
  /** How many cells of a study judge it, where its intervals are to be right for all of them. Absent: it stands alone. */
  readonly families?: number;
};

/** `claims`: tables and scores → whether what the workflow expects is so. */
export const claims = defineStep<ClaimsParams>({
  kind: 'claims',
  revision: 5,
  usesDevice: false,
  inputs: {
    'energy.csv?': 'of the energy-table',
    'energy-by-tensor.csv?': 'of the energy-table',
    'overlap.csv?': 'of the overlap-table',
    'activations.csv?': 'of the activation-table',
    '<row>/scores': 'JSON: Scores',
  },
  outputs: {
    'claims.csv': 'one line a claim',
  },
});
