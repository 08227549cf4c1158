import { atTrainingSeed, trainingSeeds } from '../workflow/models/training-seeds.js';
import type { Workflow } from '../workflow/workflow.js';
import { expandAdapterExport } from './expand-adapter-export.js';
import { expandClaims } from './expand-claims.js';
import { expandData } from './expand-data.js';
import { DatasetExpansion } from './expand-datasets.js';
import { expandLoss } from './expand-loss.js';
import { ModelExpansion } from './expand-models.js';
import { ProgramExpansion } from './expand-programs.js';
import { ProjectionExpansion } from './expand-projections.js';
import { expandRealign } from './expand-realign.js';
import { expandReport } from './expand-report.js';
import { expandSteps } from './expand-steps.js';
import { SweepExpansion } from './expand-sweeps.js';
import { UpdateExpansion } from './expand-updates.js';
import type { Facts } from './facts.js';
import { hubInUse } from './hub-in-use.js';
import { MeasuredModels } from './measured-models.js';
import { BehaviourExpansion, type BehaviourRow } from './metrics/behaviour.js';
import { expandTables } from './metrics/registry.js';
import type { ModelNode } from './model-node.js';
import type { Plan } from './plan.js';
import { PlanBuilder } from './plan-builder.js';

/**
 * Unrolls a workflow into steps: what its sweeps, metrics and report need, and nothing else. Pure: the same workflow and
 * facts give the same plan.
 *
 * @throws InvalidWorkflowError when the models of an update, or updates that meet in a sweep or metric, do not match.
 */
export function expand(workflow: Workflow, facts: Facts): Plan {
  const builder = new PlanBuilder(trainingSeeds(workflow.models));
  builder.eachRound((seed) => {
    expandOnce(seed === undefined ? workflow : atTrainingSeed(workflow, seed), workflow, facts, builder);
  });
  return { ...builder.build(), hub: hubInUse(workflow, facts.commits) };
}

/** Unrolls a workflow whose models list one training seed at most. @param whole with all of them: what the report tells of */
function expandOnce(workflow: Workflow, whole: Workflow, facts: Facts, builder: PlanBuilder): void {
  const programs = new ProgramExpansion(facts, builder);
  const datasets = new DatasetExpansion(workflow, facts, programs, builder);
  const made = new Map<string, ModelNode>();
  const updates = new UpdateExpansion(workflow, made, builder);
  const projections = new ProjectionExpansion(workflow, { updates, datasets, made, builder });
  const models = new ModelExpansion({ workflow, datasets, programs, facts, builder, made, updates, projections }, made);
  const measured = new MeasuredModels(models, projections);
  new SweepExpansion(workflow, measured, projections, builder).expand();
  const parts = { workflow, updates, projections, models: measured, datasets, programs, builder };
  expandTables('updates', parts);
  const behaviour = new BehaviourExpansion(parts).expand();
  if ('waitsFor' in behaviour) builder.defer(behaviour.waitsFor, 'evaluation-table');
  else expandEvaluation(behaviour, builder);
  expandTables('models', parts);
  expandClaims(workflow, 'waitsFor' in behaviour ? [] : behaviour, builder);
  expandLoss(models, builder);
  expandData(models, builder);
  expandRealign(builder);
  if (builder.trainingSeeds.isLastRound) {
    expandReport(whole, facts, builder);
    expandSteps(whole, { models, datasets, programs, builder });
  }
  for (const name of workflow.exports ?? []) {
    const { node, waitsFor } = models.node(name);
    if (node === undefined) builder.defer(waitsFor, `models.${name}`);
    else builder.exports.set(name, node);
  }
  expandAdapterExport(workflow, { facts, models, made, updates, builder });
}

/** The table of what models do, and per metric the items behind it. */
function expandEvaluation(behaviour: readonly BehaviourRow[], builder: PlanBuilder): void {
  const rows = behaviour.map(({ row, scores, items }) => ({
    row,
    inputs: { '/scores': scores, ...(items && { '/items': items }) },
  }));
  const metrics = new Set(behaviour.flatMap(({ row }) => (row.items ? [row.metric] : [])));
  const items = metrics.size > 0 ? [...[...metrics].map((metric) => `items/${metric}.jsonl`), 'samples.csv'] : [];
  builder.addTable('evaluation-table', rows, ['evaluation.csv', ...items], (joined) => ({ rows: joined }));
}
