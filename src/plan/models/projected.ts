import { extentText } from '../../formats/projection.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { Waiting } from '../expand-updates.js';
import type { InMemoryModel } from '../model-node.js';
import type { ModelParts, ModelPlan } from './kind.js';
import { addWritten } from './written.js';

export const projected: ModelPlan<ModelOf<'projected'>> = {
  add: (model, parts) => addWritten(model, inMemory(model, parts), parts),
  inMemory,
  text({ mode, update, onto, seed, extent, side }) {
    const subspace = seed === null ? onto : `${onto} (seed ${seed})`;
    return `${mode} projection of ${update} onto ${subspace} at ${extentText(extent)}, ${side} side`;
  },
};

function inMemory(
  { update, onto, seed, mode, side, extent, range }: ModelOf<'projected'>,
  { workflow, projections }: ModelParts,
): InMemoryModel | Waiting {
  const subspace = workflow.subspaces.get(onto)!;
  return projections.model({ update, subspace, seed, mode, side }, extent, range);
}
