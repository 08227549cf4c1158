import { StepError } from '../diagnostics/errors.js';
import type { Arithmetic } from './arithmetic.js';
import { gaussianMatrix, type RandomMatrix } from './gaussian-matrix.js';
import { hostCompute, sharedArray } from './host/compute.js';
import { orthonormalise, type RowSink } from './orthonormalise.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

/**
 * Haar-random orthonormal columns Q [rows, columns], rows ≥ columns: the Q of G = Q R, R with a positive diagonal, of a
 * Gaussian matrix G whose element (i, j) is number i·columns + j of the stream (Mezzadri 2007). The first k columns span a
 * uniformly distributed k-dimensional subspace: what the top-k singular vectors of a Gaussian matrix span.
 * @param onWindow told before each window of rows, once for the Gram matrix and once or twice more for Q; may throw
 */
export async function haarBasis(
  arithmetic: Arithmetic,
  shape: Omit<TallMatrix, 'window'>,
  random: RandomMatrix,
  sink: RowSink,
  onWindow: () => void = () => undefined,
): Promise<void> {
  const { rows, columns } = shape;
  const numbers = gaussianMatrix(shape, { seed: random.seed, stream: `haar/${random.stream}` });
  const gaussian: TallMatrix = {
    ...numbers,
    window: (start, count) => {
      onWindow();
      return numbers.window(start, count);
    },
  };
  const gram = sharedArray(columns * columns);
  for (const { start, count } of windowsOf(shape)) {
    const part = await arithmetic.exactGram(await gaussian.window(start, count), count, columns);
    for (let i = 0; i < gram.length; i++) gram[i]! += part[i]!;
  }
  const inverse = await hostCompute.inverseCholesky(gram, columns);
  if (inverse === undefined)
    throw new StepError(`the Gaussian matrix ${rows}×${columns} of ${random.stream} is singular`);
  await orthonormalise(arithmetic, gaussian, new Float32Array(inverse), sink);
}
