import type { StepOf } from '../steps/contracts.js';
import type { CosineParams } from '../steps/cosine.js';
import type { Semantics } from '../workflow/semantics.js';
import { cutOntoRows, cutRows, type UpdateNode, type UpdateTensor } from './expand-updates.js';

/** The inner product and energies of one tensor of two updates: sweeps and metrics share it. */
export function cosineStep(
  update: UpdateNode,
  onto: UpdateNode,
  tensor: UpdateTensor,
  semantics: Semantics,
): Omit<StepOf<'cosine'>, 'origin'> {
  const params: CosineParams = comparedParams(update, onto, tensor, semantics);
  return {
    id: `cosine[${update.update.name},${onto.update.name},${tensor.name}]`,
    kind: 'cosine',
    params,
    inputs: updateEnds(update, onto, tensor),
    group: `Cosines of ${update.update.name} and ${onto.update.name}`,
    cost: tensor.rows * tensor.columns,
  };
}

/** The four ends of a tensor of two updates, as steps that compare them elementwise take them. */
export function updateEnds(update: UpdateNode, onto: UpdateNode, { name }: UpdateTensor): StepOf<'cosine'>['inputs'] {
  const output = `tensor/${name}`;
  return {
    from: { node: update.from, output },
    to: { node: update.to, output },
    'onto-from': { node: onto.from, output },
    'onto-to': { node: onto.to, output },
  };
}

/** How such steps read the four ends. */
export function comparedParams(
  update: UpdateNode,
  onto: UpdateNode,
  { name }: UpdateTensor,
  semantics: Semantics,
): CosineParams {
  return {
    ...(semantics === 'reference' ? { heldAs: 'F16' } : {}),
    ...cutRows(update, name),
    ...cutOntoRows(onto, name),
  };
}
