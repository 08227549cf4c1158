import type { FiguresParams } from '../steps/figures.js';
import type { ReportParams, StepFiles } from '../steps/report.js';
import type { Input } from '../steps/step.js';
import type { TablesParams } from '../steps/tables.js';
import { kindOf } from '../workflow/metrics/registry.js';
import type { CommandStep, Workflow } from '../workflow/workflow.js';
import { asked } from './asked.js';
import { definitionsInUse } from './definitions-in-use.js';
import type { Facts } from './facts.js';
import type { PlanBuilder } from './plan-builder.js';
import { provenance } from './provenance.js';
import { sweepPlan } from './sweeps/registry.js';

/** The page, and its figures as files. They need every table; as long as one is deferred, so are they. */
export function expandReport(workflow: Workflow, facts: Facts, builder: PlanBuilder): void {
  const waitsFor = builder.waitsFor();
  if (waitsFor.length > 0) {
    builder.defer(waitsFor, 'report');
    return;
  }
  if (builder.results.length === 0) return;
  const inputs: Record<string, Input> = {};
  // Single items are for whoever follows the link.
  const shown = builder.results.filter(({ file }) => file.endsWith('.csv'));
  for (const { file, node, output } of shown) inputs[file] = { node, output };
  const linked = builder.results.map(({ file }) => file).filter((file) => !(file in inputs));
  expandFigures(workflow, inputs, builder);
  expandTables(workflow, inputs, builder);
  const { title, figures, tables } = workflow.report;
  const params: ReportParams = {
    title,
    workflow: workflow.name,
    ...shownParams(workflow, inputs, [...figures, ...tables]),
    linked,
    ...(workflow.steps.size > 0 && { steps: [...workflow.steps.values()].map(stepFiles) }),
    figures: [...figures],
    tables: [...tables],
    asked: asked(workflow),
    provenance: provenance(workflow, facts, builder),
  };
  const node = builder.addOfAllSeeds({ id: 'report', kind: 'report', params, inputs, group: 'Report' }, 'report');
  builder.results.push({ file: 'report.html', node, output: 'report.html' });
}

function stepFiles({ name, tables, files }: CommandStep): StepFiles {
  return { name, files: [...tables, ...files] };
}

/** Which figures there are turns out when they are drawn, so the plan has their folder. */
function expandFigures(workflow: Workflow, inputs: Readonly<Record<string, Input>>, builder: PlanBuilder): void {
  const { figures, formats, columns } = workflow.report;
  if (figures.length === 0 || formats.length === 0) return;
  const params: FiguresParams = {
    ...shownParams(workflow, inputs, figures),
    parts: [...figures],
    columns,
    formats: [...formats],
  };
  const node = builder.addOfAllSeeds({ id: 'figures', kind: 'figures', params, inputs, group: 'Report' }, 'report');
  builder.results.push({ file: 'figures/', node, output: 'figures/' });
}

/** The same for tables. */
function expandTables(workflow: Workflow, inputs: Readonly<Record<string, Input>>, builder: PlanBuilder): void {
  const { tables, tableFormats } = workflow.report;
  if (tables.length === 0 || tableFormats.length === 0) return;
  const parts = [...tables];
  const params: TablesParams = { ...shownParams(workflow, inputs, parts), parts, formats: [...tableFormats] };
  const node = builder.addOfAllSeeds({ id: 'tables', kind: 'tables', params, inputs, group: 'Report' }, 'report');
  builder.results.push({ file: 'tables/', node, output: 'tables/' });
}

function shownParams(
  workflow: Workflow,
  inputs: Readonly<Record<string, Input>>,
  parts: readonly string[],
): Omit<ReportParams, 'title' | 'workflow' | 'linked' | 'steps' | 'figures' | 'tables' | 'asked' | 'provenance'> {
  const used = definitionsInUse(workflow).updates;
  const updates = [...workflow.updates.values()].filter(({ name }) => used.has(name));
  const sweeps = [...workflow.sweeps.values()].flatMap((sweep) => sweepPlan(sweep).varied?.(sweep, workflow) ?? []);
  const varied = new Map(sweeps.map((one) => [one.model, one]));
  const { style } = workflow.report;
  return {
    files: Object.keys(inputs),
    updates: updates.map(({ name, from, to }) => ({ name, from, to })),
    ...(varied.size > 0 ? { varied: [...varied.values()] } : {}),
    ...(parts.includes('trade-off') ? { tradeOff: tradeOffMetrics(workflow) } : {}),
    ...(Object.keys(style).length > 0 ? { style } : {}),
  };
}

/** Metrics of behaviour by what they tell of. */
function tradeOffMetrics({ metrics }: Workflow): NonNullable<ReportParams['tradeOff']> {
  const names = (selects: 'useful' | 'harmful') =>
    [...metrics.values()].flatMap((metric) => (kindOf(metric).selects === selects ? [metric.name] : []));
  return { useful: names('useful'), harmful: names('harmful') };
}
