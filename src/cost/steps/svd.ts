import type { CostOf } from '../costed-step.js';
import { describedTensor } from '../described.js';
import { matrixOf, reading, tall, thinSvdWork } from '../matrix-work.js';
import { storing } from './stored.js';

/** Gram matrix of the short side, its eigenvectors on the host, and Cholesky QR of the long side. */
export const svd: CostOf<'svd'> = (step) => {
  const from = step.input('from');
  const { rows, columns } = matrixOf(from, step.params.rows);
  const r = Math.min(rows, columns);
  const source = reading(rows * columns, from, step.input('to'));
  return storing(thinSvdWork(step.device, step.end, tall({ rows, columns }), source), {
    u: describedTensor('F32', [rows, r]),
    s: describedTensor('F64', [r]),
    v: describedTensor('F32', [columns, r]),
  });
};
