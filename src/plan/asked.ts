import type { ReportParams } from '../steps/report.js';
import { metricsInUse } from '../workflow/metrics/in-use.js';
import { kindOf } from '../workflow/metrics/registry.js';
import type { CommandStep, Metric, Workflow } from '../workflow/workflow.js';
import { definitionsInUse } from './definitions-in-use.js';
import { listedText } from './listed-text.js';
import { subspacePlan } from './subspaces/registry.js';
import { sweepPlan } from './sweeps/registry.js';

/** What a workflow asks, a definition a row: what is compared, what is varied and what is measured. */
export function asked(workflow: Workflow): ReportParams['asked'] {
  const used = definitionsInUse(workflow);
  const updates = [...workflow.updates.values()].filter(({ name }) => used.updates.has(name));
  const subspaces = [...workflow.subspaces.values()].filter(({ name }) => used.subspaces.has(name));
  return [
    ...updates.map(({ name, from, to }) => ({ label: `Update ${name}`, text: `${to} − ${from}` })),
    ...subspaces.map((subspace) => ({
      label: `Subspace ${subspace.name}`,
      text: subspacePlan(subspace).text(subspace),
    })),
    ...[...workflow.sweeps.values()].map((sweep) => ({
      label: `Sweep ${sweep.name}`,
      text: `${sweepPlan(sweep).text(sweep, workflow)}: ${listedText(sweep.measure)}`,
    })),
    ...metricsInUse(workflow).map((metric) => ({ label: `Metric ${metric.name}`, text: metricText(metric) })),
    ...[...workflow.steps.values()].map((step) => ({ label: `Step ${step.name}`, text: stepText(step) })),
  ];
}

/** What a program makes of what. */
function stepText({ command: { run }, inputs, tables, files }: CommandStep): string {
  const given = Object.values(inputs).flatMap((input): string[] => Object.values(input));
  const of = given.length === 0 ? '' : ` of ${listedText([...new Set(given)])}`;
  return `${listedText([...tables, ...files])}, made${of} by the program ${run.join(' ')}`;
}

/** The kind of a metric, and what it is of. */
function metricText(metric: Metric): string {
  const { datasets = [], updates = [], models = [] } = kindOf(metric).uses(metric);
  const of = [...new Set([...updates, ...models])];
  return [
    metric.kind,
    ...(of.length > 0 ? [`of ${listedText(of)}`] : []),
    ...(datasets.length > 0 ? [`on ${listedText([...new Set(datasets)])}`] : []),
  ].join(' ');
}
