import { isTiedCopy } from '../../formats/architecture.js';
import { type MadeModel, makesTensor } from '../../steps/recipes/registry.js';
import type { Model } from '../../workflow/workflow.js';
import type { Waiting } from '../expand-updates.js';
import type { ModelFacts, TensorFacts } from '../facts.js';
import type { InMemoryModel, ModelNode } from '../model-node.js';
import { addModelStep, type ModelParts } from './kind.js';

/** Adds the step that writes a model of a recipe, for whoever makes something of it; what only measures it makes it in memory. */
export function addWritten(model: Model, made: InMemoryModel | Waiting, parts: ModelParts): ModelNode {
  if ('waitsFor' in made) return { waitsFor: [...new Set(made.waitsFor)] };
  const node = addModelStep(parts, 'project', model, { model: made.model }, made.inputs);
  return { node, facts: factsOfMade(made.origin.facts, made.model), waitsFor: [] };
}

/** The tensors of the origin; those that are made are rounded as the semantics rounds. A tied head is not stored twice. */
function factsOfMade(facts: ModelFacts, recipe: MadeModel): ModelFacts {
  const { tensors, tied } = facts;
  const written = new Map<string, TensorFacts>();
  for (const [name, facts] of tensors) {
    if (isTiedCopy(name, tied, (other) => tensors.has(other))) continue;
    const dtype = facts.dtype === 'F64' ? 'F32' : facts.dtype;
    written.set(name, makesTensor(recipe, name) ? { ...facts, dtype: recipe.heldAs ?? dtype } : facts);
  }
  return { ...facts, tensors: written };
}
