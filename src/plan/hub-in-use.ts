import type { Workflow } from '../workflow/workflow.js';
import { datasetPlan } from './datasets/registry.js';
import { definitionsInUse } from './definitions-in-use.js';
import type { Facts } from './facts.js';
import { modelPlan } from './models/registry.js';
import type { HubDefinition, HubSource, Plan } from './plan.js';

/** Everything from the hub that some sweep, metric or export needs, in the order of the workflow. */
export function hubInUse(workflow: Workflow, commits: Facts['commits'] = new Map()): HubDefinition[] {
  const used = definitionsInUse(workflow);
  const found: HubDefinition[] = [];
  const add = (kind: HubDefinition['kind'], name: string, source: HubSource | undefined) => {
    if (source === undefined) return;
    const commit = commits.get(commitName({ kind, name }));
    found.push({ kind, name, ...source, ...(commit === undefined ? {} : { commit }) });
  };
  for (const model of workflow.models.values()) {
    if (used.models.has(model.name)) add('model', model.name, modelPlan(model).hub?.(model));
  }
  for (const dataset of workflow.datasets.values()) {
    if (used.datasets.has(dataset.name)) add('dataset', dataset.name, datasetPlan(dataset).hub?.(dataset));
  }
  return found;
}

/** The name under which Facts has its commit. */
export function commitName({ kind, name }: Pick<HubDefinition, 'kind' | 'name'>): string {
  return kind === 'model' ? name : `datasets.${name}`;
}

/** The id of the step that fetches it; undefined while nothing asks for that. */
export function fetchStep(
  { cells }: Pick<Plan, 'cells'>,
  { kind, name, cell = '' }: HubDefinition,
): string | undefined {
  const own = kind === 'model' ? `fetch[${name}]` : `fetch-dataset[${name}]`;
  return cells.find(({ label }) => label === cell)!.nodes.get(own);
}
