import type { FetchParams } from '../../steps/fetch.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { ModelNode } from '../model-node.js';
import { addModelStep, type ModelParts, type ModelPlan } from './kind.js';

export const hub: ModelPlan<ModelOf<'hub'>> = {
  add: addFetch,
  hub: ({ repo, revision }) => ({ repo, revision }),
  text: ({ name, repo, revision }, { commits }) => `${repo} at ${commits.get(name) ?? revision}`,
};

function addFetch(model: ModelOf<'hub'>, parts: ModelParts): ModelNode {
  const commit = parts.facts.commits.get(model.name);
  if (commit === undefined) return { waitsFor: [model.name] };
  const params: FetchParams = { repo: model.repo, commit };
  const node = addModelStep(parts, 'fetch', model, params, {});
  const facts = parts.facts.models.get(model.name);
  return facts === undefined ? { node, waitsFor: [model.name] } : { node, facts, waitsFor: [] };
}
