import { inverseCholesky } from './cholesky.js';
import { type HostView, rows, transposed } from './gemm.js';
import { type HostProducts, thisThread } from './products.js';
import { symmetricEigen } from './symmetric-eigen.js';
import { mirrorLower } from './tridiagonal.js';

/**
 * cos² of the principal angles between the spans of A and B, from the Gram matrix of their columns side by side, in f64:
 * the eigenvalues of MᵀM (or MMᵀ, the smaller of the two), M = R_A⁻ᵀ AᵀB R_B⁻¹ with the Cholesky factors of AᵀA and BᵀB.
 * Columns need not be orthonormal, so that what f32 rounds in a basis has no part in an angle.
 * @param gram [n, n] row-major of [A, B], from `products.array`
 * @param left columns of A
 * @returns [min(left, n − left)], descending; undefined when the columns of A, or those of B, are dependent
 */
export function squaredCosines(
  gram: Float64Array,
  n: number,
  left: number,
  products: HostProducts = thisThread,
): Float64Array | undefined {
  const right = n - left;
  const inverseA = inverseCholesky(block(gram, n, 0, left, products), left, products);
  const inverseB = inverseCholesky(block(gram, n, left, right, products), right, products);
  if (inverseA === undefined || inverseB === undefined) return undefined;
  const product = (m: number, columns: number, k: number, a: HostView, b: HostView, lower = false) => {
    const data = products.array(m * columns);
    products.run({ operation: 'gemm', m, n: columns, k, alpha: 1, a, b, c: { data, stride: columns }, lower });
    return data;
  };
  const half = product(left, right, left, transposed(rows(inverseA, left)), rows(gram, n, left));
  const m = rows(product(left, right, right, rows(half, right), rows(inverseB, right)), right);
  const k = Math.min(left, right);
  const squared =
    right <= left ? product(k, k, left, transposed(m), m, true) : product(k, k, right, m, transposed(m), true);
  mirrorLower(squared, k);
  return symmetricEigen(squared, k, products).values;
}

/** The square block of columns [first, first + size) of a Gram matrix. */
function block(gram: Float64Array, n: number, first: number, size: number, products: HostProducts): Float64Array {
  const copy = products.array(size * size);
  for (let i = 0; i < size; i++) {
    const start = (first + i) * n + first;
    copy.set(gram.subarray(start, start + size), i * size);
  }
  return copy;
}
