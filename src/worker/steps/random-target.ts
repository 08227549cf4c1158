import { gaussianMatrix, type RandomMatrix } from '../../linalg/gaussian-matrix.js';
import type { TallMatrix } from '../../linalg/tall-matrix.js';

/**
 * The random matrix of a `random` subspace that a scalar projection takes an update onto, in the update's tall orientation.
 * Energies and projected models must mean the same one.
 */
export function randomTarget(shape: Omit<TallMatrix, 'window'>, { seed, stream }: RandomMatrix): TallMatrix {
  const { rows, columns } = shape;
  return gaussianMatrix({ rows, columns }, { seed, stream: `scalar/${stream}` });
}
