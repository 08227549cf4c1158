import { prefixesText } from '../../formats/tensor-names.js';
import type { FetchParams } from '../../steps/fetch.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { ModelNode } from '../model-node.js';
import type { HubSource } from '../plan.js';
import { addModelStep, type ModelParts, type ModelPlan } from './kind.js';

export const hub: ModelPlan<ModelOf<'hub'>> = {
  add: addFetch,
  hub: sourceOf,
  text({ name, repo, revision, names }, { commits }) {
    return `${repo} at ${commits.get(name) ?? revision}${names === undefined ? '' : `, ${prefixesText(names)}`}`;
  },
};

function sourceOf({ repo, revision }: ModelOf<'hub'>): HubSource {
  return { repo, revision };
}

function addFetch(model: ModelOf<'hub'>, parts: ModelParts): ModelNode {
  const commit = parts.facts.commits.get(model.name);
  if (commit === undefined) return { waitsFor: [model.name] };
  const params: FetchParams = { repo: model.repo, commit, ...(model.names && { names: model.names }) };
  const node = addModelStep(parts, 'fetch', model, params, {});
  const facts = parts.facts.models.get(model.name);
  const hub = sourceOf(model);
  if (model.names !== undefined && facts !== undefined && !facts.files.has('config.json')) {
    const why = 'not taken, with config.json: names takes a part of the repository';
    parts.builder.omit({ of: `models.${model.name}`, what: 'tensors whose names have another beginning', why });
  }
  return facts === undefined ? { node, hub, waitsFor: [model.name] } : { node, facts, hub, waitsFor: [] };
}
