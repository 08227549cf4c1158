import type { CostOf } from '../costed-step.js';
import { crossProductWork, matrixOf } from '../matrix-work.js';
import { storing } from './stored.js';

/** U_AᵀU_B on the device, and one pass over it on the host. */
export const overlap: CostOf<'overlap'> = (step) => {
  const a = matrixOf(step.input('a-u'));
  const b = matrixOf(step.input('b-u'));
  const energies = a.columns + b.columns;
  // A staircase of as many points as there are ranks at most, each of three numbers, and both running energies.
  return storing(crossProductWork(a.rows, a.columns, b.columns), { overlap: { bytes: 65 * energies } });
};
