import { type HostProducts, thisThread } from './products.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** A randomised SVD in the coordinates of the exact one. */
export interface RandomisedBasis {
  /** [q], descending. */
  readonly values: Float64Array;
  /** [r, q] row-major, orthonormal columns: those of the randomised SVD are U times them. */
  readonly vectors: Float64Array;
}

/**
 * What a randomised SVD of A = U diag(σ) Vᵀ finds on the left: torch.svd_lowrank(A, q, niter = p), Algorithm 5.1 of Halko,
 * Martinsson and Tropp, "Finding structure with randomness" (SIAM Review 53, 2011), takes Q = orth((AᵀA)^p Aᵀ R) of a Gaussian
 * R and decomposes A Q. In the coordinates of the exact SVD that is orth(Σ^(2p+1) Ω) and Σ times it, with Ω = Uᵀ R, which is
 * Gaussian, too: no product with A is needed, and nothing is lost to f32.
 *
 * The rows of Σ^(2p+1) Ω fall from the first to the last, for which Householder's QR is accurate row by row (Cox and Higham
 * 1998): singular values far below the first keep their directions.
 * @param s [r] σ, descending
 * @param omega [r, q] row-major
 */
export function randomisedBasis(
  s: Float64Array,
  omega: Float64Array,
  iterations: number,
  products: HostProducts = thisThread,
): RandomisedBasis {
  const r = s.length;
  const q = omega.length / r;
  const largest = s[0]!;
  const relative = s.map((value) => (largest === 0 ? 0 : value / largest));
  const powers = relative.map((value) => value ** (2 * iterations + 1));
  // Column-major from here on: every loop inside runs along a column.
  const sketch = new Float64Array(r * q);
  for (let i = 0; i < r; i++) for (let j = 0; j < q; j++) sketch[j * r + i] = powers[i]! * omega[i * q + j]!;
  const range = orthonormalColumns(sketch, r, q);
  for (let j = 0; j < q; j++) for (let i = 0; i < r; i++) range[j * r + i]! *= relative[i]!;
  const gram = products.array(q * q);
  for (let j = 0; j < q; j++) {
    const column = range.subarray(j * r, (j + 1) * r);
    for (let k = 0; k <= j; k++) {
      const product = dot(column, range.subarray(k * r, (k + 1) * r), 0);
      gram[j * q + k] = product;
      gram[k * q + j] = product;
    }
  }
  const { values, vectors } = symmetricEigen(gram, q, products);
  const rotated = new Float64Array(r * q);
  for (let j = 0; j < q; j++) {
    const target = rotated.subarray(j * r, (j + 1) * r);
    for (let k = 0; k < q; k++) addScaled(target, range.subarray(k * r, (k + 1) * r), vectors[j * q + k]!, 0);
  }
  // The columns are orthogonal already; the QR makes small ones so to the last bit, and completes those that are zero.
  const columns = orthonormalColumns(rotated, r, q);
  const result = new Float64Array(r * q);
  for (let i = 0; i < r; i++) for (let j = 0; j < q; j++) result[i * q + j] = columns[j * r + i]!;
  return { values: values.map((value) => largest * Math.sqrt(Math.max(0, value))), vectors: result };
}

/** The Q of X = Q R, R with a diagonal ≥ 0, by Householder reflections; X [r, q], r ≥ q, column-major, is overwritten. */
function orthonormalColumns(x: Float64Array, r: number, q: number): Float64Array {
  const factors = new Float64Array(q);
  const signs = new Float64Array(q);
  for (let j = 0; j < q; j++) {
    const v = x.subarray(j * r, (j + 1) * r);
    const length = Math.sqrt(dot(v, v, j));
    const sign = v[j]! < 0 ? -1 : 1;
    // H maps the column to −sign·length·e_j.
    signs[j] = length === 0 ? 1 : -sign;
    if (length === 0) continue;
    v[j]! += sign * length;
    factors[j] = 2 / dot(v, v, j);
    for (let k = j + 1; k < q; k++) reflect(x.subarray(k * r, (k + 1) * r), v, factors[j]!, j);
  }
  const result = new Float64Array(r * q);
  for (let j = q - 1; j >= 0; j--) {
    const v = x.subarray(j * r, (j + 1) * r);
    result[j * r + j] = signs[j]!;
    for (let k = j; k < q; k++) reflect(result.subarray(k * r, (k + 1) * r), v, factors[j]!, j);
  }
  return result;
}

/** x ← x − factor·v (vᵀx), from element `from` on. */
function reflect(x: Float64Array, v: Float64Array, factor: number, from: number): void {
  if (factor !== 0) addScaled(x, v, -factor * dot(x, v, from), from);
}

function dot(a: Float64Array, b: Float64Array, from: number): number {
  let sum = 0;
  for (let i = from; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(target: Float64Array, x: Float64Array, factor: number, from: number): void {
  for (let i = from; i < target.length; i++) target[i]! += factor * x[i]!;
}
