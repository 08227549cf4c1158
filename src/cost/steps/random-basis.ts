import type { CostOf } from '../costed-step.js';
import { describedTensor } from '../described.js';
import { exactGramWork, orthonormaliseWork } from '../matrix-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** Gaussian numbers, their Gram matrix and Cholesky QR. */
export const randomBasis: CostOf<'random-basis'> = (step) => {
  const { rows, columns } = step.params;
  const source = work({ host: { normals: rows * columns } });
  const all = [
    source,
    exactGramWork(step.device, { rows, columns }),
    work({ host: { productFlop: columns ** 3 } }),
    orthonormaliseWork(step.end, { rows, columns }, source),
  ].reduce(addWork);
  return storing(all, { q: describedTensor('F32', [rows, columns]) });
};
