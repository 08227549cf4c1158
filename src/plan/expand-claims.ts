import type { ClaimedRow, ClaimsParams } from '../steps/claims.js';
import type { Input } from '../steps/step.js';
import { scoreNamed } from '../workflow/metrics/registry.js';
import type { Workflow } from '../workflow/workflow.js';
import { claimPlan } from './claims/registry.js';
import type { BehaviourRow } from './metrics/behaviour.js';
import type { PlanBuilder } from './plan-builder.js';
import type { WithTrainingSeed } from './training-seeds.js';

/** Adds the step that judges the workflow's claims, once all that is measured is planned. */
export function expandClaims(workflow: Workflow, behaviour: readonly BehaviourRow[], builder: PlanBuilder): void {
  if (workflow.claims.size === 0) return;
  const all = builder.trainingSeeds.join('claims', behaviour, (row) => [row.scores]);
  if (all === undefined) return;
  const waitsFor = builder.waitsFor();
  if (waitsFor.length > 0) {
    builder.defer(waitsFor, 'claims');
    return;
  }
  const claims = [...workflow.claims.values()].map((claim) => ({ claim, plan: claimPlan(claim) }));
  const inputs: Record<string, Input> = {};
  const tables = new Set(claims.map(({ claim, plan }) => plan.table?.(claim, workflow)));
  for (const { file, node, output } of builder.results) if (tables.has(file)) inputs[file] = { node, output };
  const rows = claimedRows(new Set(claims.flatMap(({ claim, plan }) => plan.scores?.(claim) ?? [])), all);
  for (const [index, { scores }] of rows.entries()) inputs[`${index}/scores`] = scores;
  const params: ClaimsParams = {
    claims: claims.map(({ claim, plan }) => ({ name: claim.name, ...plan.judged(claim, workflow) })),
    rows: rows.map(({ row }) => row),
  };
  const definitions = [...workflow.claims.keys()].map((name) => `claims.${name}`) as [string, ...string[]];
  const node = builder.addOfAllSeeds({ id: 'claims', kind: 'claims', params, inputs, group: 'Tables' }, ...definitions);
  builder.results.push({ file: 'claims.csv', node, output: 'claims.csv' });
}

/** All measurements of the scores that claims name. Claims speak of whole models and of projections, not of multiples. */
function claimedRows(
  claimed: ReadonlySet<string>,
  behaviour: readonly WithTrainingSeed<{ readonly row: BehaviourRow }>[],
) {
  const scored = [...claimed].map((text) => ({ text, ...scoreNamed(text) }));
  const claimable = behaviour.filter(({ row: { row } }) => row.times === undefined);
  return claimable.flatMap(({ row: { row: found, share, scores }, ...seed }) => {
    const { items: _, ...row } = found;
    const measured: ClaimedRow = { ...row, ...(share === undefined ? {} : { share }), ...seed };
    return scored
      .filter(({ metric }) => metric === measured.metric)
      .map(({ text, score }): { readonly row: ClaimedRow; readonly scores: Input } => ({
        row: score === null ? measured : { ...measured, metric: text, score },
        scores,
      }));
  });
}
