import type { ReportParams } from '../steps/params.js';
import type { Input } from '../steps/step.js';
import type { Workflow } from '../workflow/workflow.js';
import { DatasetExpansion } from './expand-datasets.js';
import { expandMetrics } from './expand-metrics.js';
import { ModelExpansion } from './expand-models.js';
import { SweepExpansion } from './expand-sweeps.js';
import { UpdateExpansion } from './expand-updates.js';
import type { Facts } from './facts.js';
import { hubInUse } from './hub-in-use.js';
import type { Plan } from './plan.js';
import { PlanBuilder } from './plan-builder.js';
import { provenance } from './provenance.js';
import { refuseUnplanned } from './refuse-unplanned.js';

/**
 * Unrolls a workflow into steps: what its sweeps, metrics and report need, and nothing else. Pure: the same workflow and
 * facts give the same plan.
 *
 * @throws InvalidWorkflowError when the models of an update, or updates that meet in a sweep or metric, do not match.
 */
export function expand(workflow: Workflow, facts: Facts): Plan {
  refuseUnplanned(workflow);
  const builder = new PlanBuilder();
  const datasets = new DatasetExpansion(workflow, facts, builder);
  const models = new ModelExpansion(workflow, datasets, facts, builder);
  const updates = new UpdateExpansion(workflow, models, builder);
  new SweepExpansion(workflow, updates, builder).expand();
  expandMetrics(workflow, updates, builder);
  expandReport(workflow, facts, builder);
  for (const name of workflow.exports ?? []) {
    const { node, waitsFor } = models.node(name);
    if (node === undefined) builder.defer(waitsFor, `models.${name}`);
    else builder.exports.set(name, node);
  }
  return { ...builder.build(), hub: hubInUse(workflow, facts.commits) };
}

/** The report needs every table; as long as one is deferred, so is the report. */
function expandReport(workflow: Workflow, facts: Facts, builder: PlanBuilder): void {
  const waitsFor = builder.waitsFor();
  if (waitsFor.length > 0) {
    builder.defer(waitsFor, 'report');
    return;
  }
  if (builder.results.length === 0) return;
  const inputs: Record<string, Input> = {};
  for (const { file, node, output } of builder.results) inputs[file] = { node, output };
  const { title, figures, tables } = workflow.report;
  const params: ReportParams = {
    title,
    workflow: workflow.name,
    files: Object.keys(inputs),
    figures: [...figures],
    tables: [...tables],
    provenance: provenance(workflow, facts),
  };
  const node = builder.add({ id: 'report', kind: 'report', params, inputs, group: 'Report' }, 'report');
  builder.results.push({ file: 'report.html', node, output: 'report.html' });
}
