import { tridiagonalEigen } from './divide-and-conquer.js';
import { type HostProducts, thisThread } from './products.js';
import { applyReflectors, tridiagonalise } from './tridiagonal.js';

export interface SymmetricEigen {
  /** [n], descending. */
  readonly values: Float64Array;
  /** [n, n] row-major: row i is the eigenvector of values[i]. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix in f64 on the host: blocked tridiagonalisation, divide and conquer,
 * blocked back-transformation. Errors are a small multiple of 2⁻⁵³·‖A‖; vectors are orthonormal to the same.
 * @param a [n, n] row-major, both triangles, finite, from `products.array`; is overwritten.
 */
export function symmetricEigen(a: Float64Array, n: number, products: HostProducts = thisThread): SymmetricEigen {
  // Iterations on NaN never converge.
  if (!a.every(Number.isFinite))
    throw new RangeError(`an eigen-decomposition of ${n}×${n} got numbers that are not finite`);
  const reduced = tridiagonalise(a, n, products);
  const { values, vectors } = tridiagonalEigen(reduced.diagonal, reduced.offDiagonal, products);
  applyReflectors(reduced, vectors, n, products);
  values.reverse();
  const row = new Float64Array(n);
  for (let i = 0, j = n - 1; i < j; i++, j--) {
    row.set(vectors.subarray(i * n, (i + 1) * n));
    vectors.copyWithin(i * n, j * n, (j + 1) * n);
    vectors.set(row, j * n);
  }
  return { values, vectors };
}
