import type { SourceRange } from '../diagnostics/diagnostic.js';
import { partsOf, programOfDataset } from '../workflow/datasets/registry.js';
import { metricsInUse } from '../workflow/metrics/in-use.js';
import { isBehaviour, kindOf } from '../workflow/metrics/registry.js';
import { modelAncestors, modelKind } from '../workflow/models/registry.js';
import type { Program } from '../workflow/program.js';
import { subspaceUses } from '../workflow/subspaces/registry.js';
import { sweepKind } from '../workflow/sweeps/registry.js';
import type { Definition, Metric, Workflow } from '../workflow/workflow.js';

/** A program of the user's that a workflow runs. */
export interface ProgramInUse {
  /** The definition that has it: `metrics.tone`. */
  readonly of: string;
  readonly program: Program;
  readonly range: SourceRange;
}

export interface DefinitionsInUse {
  readonly models: ReadonlySet<string>;
  readonly datasets: ReadonlySet<string>;
  readonly recipes: ReadonlySet<string>;
  readonly updates: ReadonlySet<string>;
  readonly subspaces: ReadonlySet<string>;
}

/** The definitions that some sweep, metric, step or export needs, models and datasets with all that they are made from. */
export function definitionsInUse(workflow: Workflow): DefinitionsInUse {
  const updates = new Set<string>();
  const subspaces = new Set<string>();
  const addProjections = (project: readonly string[], onto: readonly string[]) => {
    for (const name of project) updates.add(name);
    for (const name of onto) {
      subspaces.add(name);
      const { update } = subspaceUses(workflow.subspaces.get(name)!);
      if (update !== undefined) updates.add(update);
    }
  };
  const usesOfSubspaces = () => [...subspaces].map((name) => subspaceUses(workflow.subspaces.get(name)!));
  const sweeps = [...workflow.sweeps.values()].map((sweep) => sweepKind(sweep).uses(sweep));
  for (const uses of sweeps) addProjections(uses.updates ?? [], uses.subspaces ?? []);
  const metrics = metricsInUse(workflow);
  for (const metric of metrics) {
    const uses = kindOf(metric).uses(metric);
    addProjections(uses.updates ?? [], uses.subspaces ?? []);
  }
  if (workflow.adapterExport !== undefined) updates.add(workflow.adapterExport.update);
  const ends = [...updates].flatMap((name) => endsOf(workflow, name));
  const ofSubspaces = usesOfSubspaces().flatMap(({ models = [] }) => models);
  const ofSweeps = sweeps.flatMap(({ models = [] }) => models);
  const given = [...workflow.steps.values()].flatMap(({ inputs }) => Object.values(inputs));
  const ofSteps = given.flatMap((input) => ('model' in input ? [input.model] : []));
  const named = [...metrics.flatMap(modelsOf), ...ofSweeps, ...ofSteps, ...ends, ...ofSubspaces];
  const models = modelsInUse(workflow, named);
  const recipes = new Set<string>();
  const rowsOf = metrics.flatMap(datasetsOf);
  rowsOf.push(...given.flatMap((input) => ('dataset' in input ? [input.dataset] : [])));
  for (const name of models) {
    const model = workflow.models.get(name)!;
    const uses = modelKind(model).uses(model);
    addProjections(uses.updates ?? [], uses.subspaces ?? []);
    for (const recipe of uses.recipes ?? []) recipes.add(recipe);
    rowsOf.push(...(uses.datasets ?? []));
  }
  rowsOf.push(...usesOfSubspaces().flatMap(({ datasets = [] }) => datasets));
  return { models, datasets: datasetsInUse(workflow, rowsOf), recipes, updates, subspaces };
}

/** The programs of the user's that some sweep, metric, step or export needs, in the order of the workflow. */
export function programsInUse(workflow: Workflow): ProgramInUse[] {
  const used = definitionsInUse(workflow);
  const found: ProgramInUse[] = [];
  const add = (section: string, { name, range }: Definition, program: Program | undefined) => {
    if (program !== undefined) found.push({ of: `${section}.${name}`, program, range });
  };
  for (const dataset of workflow.datasets.values()) {
    if (used.datasets.has(dataset.name)) add('datasets', dataset, programOfDataset(dataset));
  }
  for (const model of workflow.models.values()) {
    if (used.models.has(model.name)) add('models', model, modelKind(model).program?.(model));
  }
  for (const metric of metricsInUse(workflow)) add('metrics', metric, kindOf(metric).program?.(metric));
  for (const step of workflow.steps.values()) add('steps', step, step.command);
  return found;
}

/** Whether a run makes nothing at all: a workflow may only define what others include, or what is exported. */
export function measuresNothing(workflow: Workflow): boolean {
  const { sweeps, steps, exports = [], adapterExport } = workflow;
  const measured = sweeps.size > 0 || steps.size > 0 || metricsInUse(workflow).length > 0;
  return !measured && exports.length === 0 && adapterExport === undefined;
}

/** Models that a metric names itself. */
function modelsOf(metric: Metric): readonly string[] {
  const { models = [] } = kindOf(metric).uses(metric);
  return isBehaviour(metric) ? [...metric.models, ...models] : models;
}

function datasetsOf(metric: Metric): readonly string[] {
  return kindOf(metric).uses(metric).datasets ?? [];
}

function modelsInUse(workflow: Workflow, named: readonly string[]): Set<string> {
  const pending = [...(workflow.exports ?? []), ...named];
  const models = new Set<string>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (models.has(name)) continue;
    models.add(name);
    pending.push(...modelAncestors(workflow.models.get(name)!, workflow.updates, workflow.subspaces));
  }
  return models;
}

function datasetsInUse(workflow: Workflow, pending: string[]): Set<string> {
  const datasets = new Set<string>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (datasets.has(name)) continue;
    datasets.add(name);
    pending.push(...partsOf(workflow.datasets.get(name)!));
  }
  return datasets;
}

function endsOf(workflow: Workflow, update: string): [string, string] {
  const { from, to } = workflow.updates.get(update)!;
  return [from, to];
}
