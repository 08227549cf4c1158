import { isTiedCopy } from '../../formats/architecture.js';
import type { ProjectedModel } from '../../steps/model-recipe.js';
import type { ProjectParams } from '../../steps/project.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { Subspace } from '../../workflow/subspaces/subspace.js';
import type { Projection } from '../expand-projections.js';
import type { ModelFacts, TensorFacts } from '../facts.js';
import { addModelStep, type ModelPlan } from './kind.js';

export const projected: ModelPlan<ModelOf<'projected'>> = {
  /** Written out, for whoever makes something of it; what only measures it makes it in memory. */
  add(model, parts) {
    const made = parts.projections.model(pointOf(model, parts.workflow.subspaces), model.fraction, model.range);
    if ('waitsFor' in made) return { waitsFor: [...new Set(made.waitsFor)] };
    const params: ProjectParams = { model: made.model };
    const node = addModelStep(parts, 'project', model, params, made.inputs);
    const facts = factsOfProjected(parts.made.get(made.from.name)!.facts!, made.model);
    return { node, facts, waitsFor: [] };
  },
  inMemory: (model, { subspaces }) => ({ projection: pointOf(model, subspaces), fraction: model.fraction }),
  text({ mode, update, onto, seed, fraction, side }) {
    const subspace = seed === null ? onto : `${onto} (seed ${seed})`;
    return `${mode} projection of ${update} onto ${subspace} at fraction ${fraction}, ${side} side`;
  },
};

function pointOf(
  { update, onto, seed, mode, side }: ModelOf<'projected'>,
  subspaces: ReadonlyMap<string, Subspace>,
): Projection {
  return { update, subspace: subspaces.get(onto)!, seed, mode, side };
}

/** The tensors of the model that the update starts from, rounded as the semantics rounds; a tied head is not stored twice. */
function factsOfProjected({ tensors, tied, files }: ModelFacts, { ranks, heldAs }: ProjectedModel): ModelFacts {
  const projected = new Map<string, TensorFacts>();
  for (const [name, facts] of tensors) {
    if (isTiedCopy(name, tied, (other) => tensors.has(other))) continue;
    const dtype = facts.dtype === 'F64' ? 'F32' : facts.dtype;
    projected.set(name, name in ranks ? { ...facts, dtype: heldAs ?? dtype } : facts);
  }
  return { tensors: projected, tied, files };
}
