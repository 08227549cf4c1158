import type { CostOf } from '../costed-step.js';
import { describedTensor } from '../described.js';
import { matrixOf, reading, tall, thinSvdWork } from '../matrix-work.js';
import { storing } from './stored.js';

/** Thin SVD of the hidden states; where there are no prompts but a bound, of as many as there may be. */
export const activationBasis: CostOf<'activation-basis'> = (step) => {
  const hidden = step.input('hidden');
  const shape = matrixOf(hidden);
  // Beyond so many prompts the Gram matrix is the dimensions'.
  const rows = Number.isFinite(shape.rows) ? shape.rows : Number.POSITIVE_INFINITY;
  const r = Math.min(rows, shape.columns);
  const source = reading(rows * shape.columns, hidden);
  const outputs = { u: describedTensor('F32', [shape.columns, r]), s: describedTensor('F64', [r]) };
  if (!Number.isFinite(rows)) return storing(source, outputs);
  return storing(thinSvdWork(step.device, step.end, tall({ rows, columns: shape.columns }), source), outputs);
};
