import type { Workflow } from '../workflow/workflow.js';
import { definitionsInUse } from './definitions-in-use.js';
import type { Facts } from './facts.js';
import type { HubDefinition } from './plan.js';

/** Everything from the hub that some sweep, metric or export needs, in the order of the workflow. */
export function hubInUse(workflow: Workflow, commits: Facts['commits'] = new Map()): HubDefinition[] {
  const used = definitionsInUse(workflow);
  const found: HubDefinition[] = [];
  const add = (definition: HubDefinition) => {
    const commit = commits.get(commitName(definition));
    found.push(commit === undefined ? definition : { ...definition, commit });
  };
  for (const model of workflow.models.values()) {
    if (model.kind !== 'hub' || !used.models.has(model.name)) continue;
    add({ kind: 'model', name: model.name, repo: model.repo, revision: model.revision });
  }
  for (const dataset of workflow.datasets.values()) {
    if (dataset.kind !== 'hub' || !used.datasets.has(dataset.name)) continue;
    const { name, repo, revision, rows } = dataset;
    const part = 'files' in rows ? rows.files.join(', ') : `${rows.config}/${rows.split}`;
    add({ kind: 'dataset', name, repo, revision, part });
  }
  return found;
}

/** The name under which Facts has its commit. */
export function commitName({ kind, name }: HubDefinition): string {
  return kind === 'model' ? name : `datasets.${name}`;
}

/** The id of the step that fetches it. */
export function fetchStep({ kind, name }: HubDefinition): string {
  return kind === 'model' ? `fetch[${name}]` : `fetch-dataset[${name}]`;
}
