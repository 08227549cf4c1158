import type { ClaimOfTables } from '../../steps/claims.js';
import type { Workflow } from '../../workflow/workflow.js';

/** What the plan knows of a kind of claim. */
export interface ClaimPlan<Claim> {
  /** The claim with what the names in it stand for. */
  judged(claim: Claim, workflow: Workflow): Omit<ClaimOfTables, 'name'>;
  /** The table that it is judged by: a claim must not wait for what it does not read. Absent: scores alone. */
  table?(claim: Claim, workflow: Workflow): string;
  /** The scores of behaviour that it reads, by metric, or by `metric.name` where a metric has several. */
  scores?(claim: Claim): readonly string[];
}
