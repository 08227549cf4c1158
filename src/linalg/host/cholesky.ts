import { rows, transposed } from './gemm.js';
import { type HostProducts, thisThread } from './products.js';

const block = 48;

/**
 * R⁻¹ of G = Rᵀ R, R upper triangular with a positive diagonal, in f64: X R⁻¹ has orthonormal columns when G = Xᵀ X.
 * @param g [n, n] row-major, symmetric; only its lower triangle is read, and it is overwritten.
 * @returns [n, n] row-major, upper triangular; undefined when G is not positive definite to working precision.
 */
export function inverseCholesky(
  g: Float64Array,
  n: number,
  products: HostProducts = thisThread,
): Float64Array | undefined {
  // Left-looking by blocks: rows [k, n) of L's block column k need everything to their left.
  for (let k = 0; k < n; k += block) {
    const width = Math.min(block, n - k);
    const target = { data: g, stride: n, at: k * n + k };
    const left = rows(g, n, k * n);
    products.run({
      operation: 'gemm',
      m: n - k,
      n: width,
      k,
      alpha: -1,
      a: left,
      b: transposed(left),
      c: target,
    });
    for (let j = k; j < k + width; j++) {
      for (let i = j; i < n; i++) {
        let sum = g[i * n + j]!;
        for (let q = k; q < j; q++) sum -= g[i * n + q]! * g[j * n + q]!;
        if (i === j) {
          if (!(sum > 0)) return undefined;
          g[i * n + j] = Math.sqrt(sum);
        } else {
          g[i * n + j] = sum / g[j * n + j]!;
        }
      }
    }
  }
  return transposedInverse(g, n, products);
}

/** (L⁻¹)ᵀ of a lower triangular L, by blocks of rows: L⁻¹[k] = L[k, k]⁻¹ (I[k] − L[k, :k] L⁻¹[:k]). */
function transposedInverse(l: Float64Array, n: number, products: HostProducts): Float64Array {
  const inverse = products.array(n * n);
  for (let k = 0; k < n; k += block) {
    const width = Math.min(block, n - k);
    products.run({
      operation: 'gemm',
      m: width,
      n: k,
      k,
      alpha: -1,
      a: rows(l, n, k * n),
      b: rows(inverse, n),
      c: { data: inverse, stride: n, at: k * n },
    });
    for (let i = k; i < k + width; i++) {
      inverse[i * n + i] = 1;
      for (let q = k; q < i; q++) {
        const factor = l[i * n + q]!;
        for (let j = 0; j <= q; j++) inverse[i * n + j]! -= factor * inverse[q * n + j]!;
      }
      const pivot = l[i * n + i]!;
      for (let j = 0; j <= i; j++) inverse[i * n + j]! /= pivot;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      inverse[j * n + i] = inverse[i * n + j]!;
      inverse[i * n + j] = 0;
    }
  }
  return inverse;
}
