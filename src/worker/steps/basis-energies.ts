import { runningEnergies } from '../../linalg/overlap-staircase.js';
import type { StepContext } from '../step-context.js';
import { singularValues } from './basis-input.js';

/**
 * Running energies of the vectors of an update, from its singular values. Of a subspace, which has none and counts whole,
 * all energy is in the last vector.
 * @param s the input with the singular values
 */
export async function basisEnergies(context: StepContext, s: string, vectors: number): Promise<number[]> {
  if (context.has(s)) return runningEnergies(await singularValues(context, s));
  return Array.from({ length: vectors }, (_, j) => (j === vectors - 1 ? 1 : 0));
}
