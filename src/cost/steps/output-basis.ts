import type { CostOf } from '../costed-step.js';
import { describedTensor } from '../described.js';
import { matrixOf, productWork, reading, tall, thinSvdWork } from '../matrix-work.js';
import { addWork, phase, work } from '../work.js';
import { storing } from './stored.js';

/** Eigenpairs of a moment, and of what goes in an SVD of W times its root. */
export const outputBasis: CostOf<'output-basis'> = (step) => {
  const { directions } = step.params;
  const packed = step.input(step.has('outputs') ? 'outputs' : 'inputs').tensor?.shape[0] ?? 0;
  const n = Math.round((Math.sqrt(8 * packed + 1) - 1) / 2);
  let all = work({
    read: 8 * packed,
    host: { eigenCubes: n ** 3, elements: 3 * n * n },
    hostMemory: 8 * 5 * n * n,
  });
  let rows = n;
  if (step.has('weight')) {
    const weight = step.input('weight');
    rows = matrixOf(weight).rows;
    // Directions below the rounding errors of f32 are left out: how many there are shows then.
    const rank = step.end === 'least' ? 1 : n;
    step.unknown(`directions that inputs of ${step.id} have`, `from 1 to ${n}`);
    const product = work({
      phases: [phase({ transferred: 4 * rows * rank, waits: 1 })],
      hostMemory: 8 * rows * rank,
    });
    const decomposed = thinSvdWork(step.device, step.end, tall({ rows, columns: rank }), work({}));
    all = [all, reading(rows * n, weight), productWork(rows, rank, n), product, decomposed].reduce(addWork);
  }
  return storing(all, {
    q: describedTensor('F32', [rows, directions]),
    eigenvalues: describedTensor('F64', [directions]),
  });
};
