import type { CostOf } from '../costed-step.js';
import { matrixOf, reading, tall, windowBytes } from '../matrix-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** One pass over both updates on the host. */
export const cosine: CostOf<'cosine'> = (step) => {
  const ends = ['from', 'to', 'onto-from', 'onto-to'].map((name) => step.input(name));
  const matrix = matrixOf(ends[0]!, step.params.rows);
  const elements = matrix.rows * matrix.columns;
  const own = work({ host: { elements: 5 * elements }, hostMemory: 6 * windowBytes(tall(matrix)) });
  return storing(addWork(own, reading(elements, ...ends)), { cosine: { bytes: 100 } });
};
