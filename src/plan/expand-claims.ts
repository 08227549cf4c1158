import type { ClaimOfTables, ClaimsParams } from '../steps/claims.js';
import type { Input } from '../steps/step.js';
import { pairsOfMetric } from '../workflow/metrics/registry.js';
import type { Claim, PairMetric, Workflow } from '../workflow/workflow.js';
import type { BehaviourRow } from './metrics/behaviour.js';
import type { PairRows } from './metrics/kind.js';
import { pairPlan } from './metrics/registry.js';
import type { PlanBuilder } from './plan-builder.js';

type JudgedClaim = ClaimOfTables['claim'];
type ClaimedPairs = Extract<JudgedClaim, { kind: 'above-baseline' }>['of'];

/** Adds the step that judges the workflow's claims, once all that is measured is planned. */
export function expandClaims(workflow: Workflow, behaviour: readonly BehaviourRow[], builder: PlanBuilder): void {
  if (workflow.claims.size === 0) return;
  const waitsFor = builder.waitsFor();
  if (waitsFor.length > 0) {
    builder.defer(waitsFor, 'claims');
    return;
  }
  const inputs: Record<string, Input> = {};
  const tables = new Set<string | null>([...workflow.claims.values()].map((claim) => tableOf(claim, workflow)));
  for (const { file, node, output } of builder.results) if (tables.has(file)) inputs[file] = { node, output };
  const claimed = new Set([...workflow.claims.values()].flatMap(behavioursOf));
  const rows = behaviour.filter(({ row }) => claimed.has(row.metric));
  for (const [index, { scores }] of rows.entries()) inputs[`${index}/scores`] = scores;
  const params: ClaimsParams = {
    claims: [...workflow.claims.values()].map((claim) => claimOfTables(claim, workflow)),
    rows: rows.map(({ row: { items: _, ...measured } }) => measured),
  };
  const definitions = claimDefinitions(workflow);
  const node = builder.add({ id: 'claims', kind: 'claims', params, inputs, group: 'Tables' }, ...definitions);
  builder.results.push({ file: 'claims.csv', node, output: 'claims.csv' });
}

/** The table that a claim is judged by, beside the scores of what it names: a claim must not wait for what it does not read. */
function tableOf(claim: Claim, workflow: Workflow): string | null {
  switch (claim.kind) {
    case 'linear-energy':
      return 'energy-by-tensor.csv';
    case 'stronger-than-random':
      return 'energy.csv';
    case 'falling-together':
      return null;
    case 'above-baseline':
    case 'highest-pair':
      return rowsOf(claim.metric, workflow).table;
  }
}

function behavioursOf(claim: Claim): readonly string[] {
  if (claim.kind === 'stronger-than-random') return [claim.metric];
  return claim.kind === 'falling-together' ? claim.metrics : [];
}

function claimDefinitions({ claims }: Workflow): [string, ...string[]] {
  return [...claims.keys()].map((name) => `claims.${name}`) as [string, ...string[]];
}

/** A claim with what the names in it stand for. */
function claimOfTables(claim: Claim, workflow: Workflow): ClaimOfTables {
  const { name } = claim;
  const of = (judged: JudgedClaim, activations: string | null = null): ClaimOfTables => ({
    name,
    claim: judged,
    activations,
  });
  switch (claim.kind) {
    case 'linear-energy': {
      const { kind, tolerance } = claim;
      return of({ kind, sweep: sweepOf(claim.sweep, workflow), tolerance });
    }
    case 'stronger-than-random': {
      const { kind, metric, subspace, than } = claim;
      return of({ kind, sweep: withEnds(claim.sweep, workflow), metric, subspace, than });
    }
    case 'falling-together': {
      const { kind, metrics, tolerance } = claim;
      return of({ kind, sweep: withEnds(claim.sweep, workflow), metrics, tolerance });
    }
    case 'above-baseline': {
      const metric = overlapMetric(claim.metric, workflow);
      return of({ kind: claim.kind, of: pairsOf(metric) }, pairPlan(metric).rows(metric).metric);
    }
    case 'highest-pair': {
      const metric = overlapMetric(claim.metric, workflow);
      const pair = claim.pair.join(':');
      return of({ kind: claim.kind, of: pairsOf(metric), pair }, pairPlan(metric).rows(metric).metric);
    }
  }
}

function sweepOf(name: string, { sweeps }: Workflow) {
  const { project: updates, onto: subspaces, mode, side, fractions } = sweeps.get(name)!;
  return { updates, subspaces, mode, side, fractions };
}

function withEnds(name: string, workflow: Workflow) {
  const sweep = sweepOf(name, workflow);
  const ends = sweep.updates.map((update) => {
    const { from, to } = workflow.updates.get(update)!;
    return [update, { from, to }] as const;
  });
  return { ...sweep, ends: Object.fromEntries(ends) };
}

function overlapMetric(name: string, { metrics }: Workflow): PairMetric {
  return metrics.get(name) as PairMetric;
}

function rowsOf(name: string, workflow: Workflow): PairRows {
  const metric = overlapMetric(name, workflow);
  return pairPlan(metric).rows(metric);
}

function pairsOf(metric: PairMetric): ClaimedPairs {
  return {
    models: pairPlan(metric).rows(metric).models,
    pairs: pairsOfMetric(metric).map((pair) => pair.join(':')),
    energies: metric.energies,
  };
}
