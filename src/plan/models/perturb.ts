import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import type { PerturbParams } from '../../steps/perturb.js';
import type { Input } from '../../steps/step.js';
import type { ModelOf } from '../../workflow/models/model.js';
import { modelAncestors } from '../../workflow/models/registry.js';
import { isWhole, type Update } from '../../workflow/updates.js';
import type { ModelNode } from '../model-node.js';
import { addModelStep, type ModelParts, type ModelPlan } from './kind.js';

export const perturb: ModelPlan<ModelOf<'perturb'>> = {
  add: addPerturb,
  text: ({ from, seed, norm, decay }) =>
    `${from} and a seeded update (seed ${seed}, relative norm ${norm}, decay ${decay})`,
};

function addPerturb(model: ModelOf<'perturb'>, parts: ModelParts): ModelNode {
  const parent = parts.made.get(model.from)!;
  const { seed, norm, decay, share } = model;
  const inputs: Record<string, string | undefined> = { parent: parent.node };
  if (share !== undefined) {
    const update = parts.workflow.updates.get(share.update)!;
    if (!isWhole(update)) throw sharesPart(model, update);
    inputs['share-from'] = parts.made.get(update.from)!.node;
    inputs['share-to'] = parts.made.get(update.to)!.node;
  }
  const unknown = modelAncestors(model, parts.workflow.updates, parts.workflow.subspaces).flatMap(
    (name) => parts.made.get(name)!.waitsFor,
  );
  const known: Record<string, Input> = {};
  for (const [name, node] of Object.entries(inputs)) {
    if (node === undefined) return { waitsFor: [...new Set(unknown)] };
    known[name] = { node, output: '*' };
  }
  const params: PerturbParams = { seed, norm, decay, ...(share === undefined ? {} : { share: share.weight }) };
  const node = addModelStep(parts, 'perturb', model, params, known);
  const facts = parent.facts;
  return facts === undefined ? { node, waitsFor: parent.waitsFor } : { node, facts, waitsFor: [] };
}

function sharesPart({ name, range }: ModelOf<'perturb'>, update: Update): InvalidWorkflowError {
  const message = `model ${name} shares directions of update ${update.name}, which has not all tensors and rows of its models`;
  const hint =
    'Every tensor of the model takes its directions from the update. Name one without tensors, except and vocabulary.';
  return new InvalidWorkflowError([{ severity: 'error', code: 'invalid-combination', message, range, hint }]);
}
