import { elementCount } from '../../formats/tensor.js';
import { updateRank } from '../../linalg/update-rank.js';
import type { CostOf } from '../costed-step.js';
import { matrixOf, reading } from '../matrix-work.js';
import { tensorsOf } from '../model-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** A low-rank update on a floor of noise, tensor by tensor, all on one thread of the host. */
export const perturb: CostOf<'perturb'> = (step) => {
  const parent = step.inputs('parent');
  let all = work({});
  for (const [, one] of tensorsOf(parent)) {
    const { rows, columns } = matrixOf(one);
    const elements = elementCount(one.tensor!.shape);
    const rank = updateRank(rows, columns);
    // A Gram–Schmidt of the vectors of either side, twice, and the product of both.
    const orthonormal = 2 * rank * rank * (rows + columns);
    const shared = step.params.share === undefined ? 0 : 2;
    all = [
      all,
      reading(elements, one, one),
      work({
        host: {
          normals: elements + rank * (rows + columns),
          elements: 6 * elements + orthonormal,
          productFlop: 2 * (1 + shared) * rank * elements,
        },
        hostMemory: 8 * rank * (rows + columns) * (1 + shared) + 2 ** 23,
      }),
    ].reduce(addWork);
  }
  return storing(all, Object.fromEntries(parent));
};
