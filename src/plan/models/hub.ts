import type { FetchParams } from '../../steps/fetch.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { ModelNode } from '../model-node.js';
import type { HubSource } from '../plan.js';
import { addModelStep, type ModelParts, type ModelPlan } from './kind.js';

export const hub: ModelPlan<ModelOf<'hub'>> = {
  add: addFetch,
  hub: sourceOf,
  text: ({ name, repo, revision }, { commits }) => `${repo} at ${commits.get(name) ?? revision}`,
};

function sourceOf({ repo, revision }: ModelOf<'hub'>): HubSource {
  return { repo, revision };
}

function addFetch(model: ModelOf<'hub'>, parts: ModelParts): ModelNode {
  const commit = parts.facts.commits.get(model.name);
  if (commit === undefined) return { waitsFor: [model.name] };
  const params: FetchParams = { repo: model.repo, commit };
  const node = addModelStep(parts, 'fetch', model, params, {});
  const facts = parts.facts.models.get(model.name);
  const hub = sourceOf(model);
  return facts === undefined ? { node, hub, waitsFor: [model.name] } : { node, facts, hub, waitsFor: [] };
}
