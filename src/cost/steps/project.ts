import { isFloatType } from '../../formats/float-conversion.js';
import { bytesPerElement, elementCount } from '../../formats/tensor.js';
import { makesTensor, recipeContract } from '../../steps/recipes/registry.js';
import type { CostOf } from '../costed-step.js';
import type { Described } from '../described.js';
import { makeWork, tensorsOf } from '../model-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** The tensors that the recipe makes; the others are those of its origin. */
export const project: CostOf<'project'> = (step) => {
  const { model } = step.params;
  const origin = step.inputs(recipeContract(model).origin);
  const made: Record<string, Described> = {};
  let all = work({});
  for (const [name, one] of tensorsOf(origin)) {
    if (!makesTensor(model, name)) continue;
    all = addWork(all, makeWork(step, model, name));
    const { dtype, shape } = one.tensor!;
    const stored = model.heldAs ?? (dtype === 'F64' || !isFloatType(dtype) ? 'F32' : dtype);
    made[`tensor/${name}`] = { bytes: elementCount(shape) * bytesPerElement[stored], tensor: { dtype: stored, shape } };
  }
  return storing(all, made, origin);
};
