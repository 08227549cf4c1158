import { hostGemm, rows, transposed } from './gemm.js';
import type { HostProducts } from './products.js';

/** A = Q T Qᵀ with Q = H_0 H_1 … H_{n−2}, H_j = I − τ_j v_j v_jᵀ. */
export interface Tridiagonal {
  readonly n: number;
  readonly diagonal: Float64Array;
  /** [n − 1]. */
  readonly offDiagonal: Float64Array;
  /** [n, n] row-major; row j holds v_j in columns j+1 … n−1 (v_j[j+1] = 1) and is zero before them. */
  readonly reflectors: Float64Array;
  readonly tau: Float64Array;
}

const panel = 32;

/**
 * Householder tridiagonalisation of a symmetric matrix in f64, blocked as LAPACK's dsytrd: within a panel the rest of the
 * matrix is only multiplied by vectors, after it updated by one product of rank 2·panel.
 * @param a [n, n] row-major, both triangles; is overwritten and becomes `reflectors`.
 */
export function tridiagonalise(a: Float64Array, n: number, products: HostProducts): Tridiagonal {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(Math.max(0, n - 1));
  const tau = new Float64Array(Math.max(0, n - 1));
  // The panel's reflectors v and their partners w, one a row: after j of them A stands for A − Σ (v wᵀ + w vᵀ).
  const v = products.array(panel * n);
  const w = products.array(panel * n);
  for (let start = 0; start < n; start += panel) {
    const count = Math.min(panel, n - start);
    for (let p = 0; p < count; p++) {
      const j = start + p;
      const row = a.subarray(j * n, (j + 1) * n);
      for (let q = 0; q < p; q++) {
        const vj = v[q * n + j]!;
        const wj = w[q * n + j]!;
        for (let i = j; i < n; i++) row[i]! -= vj * w[q * n + i]! + wj * v[q * n + i]!;
      }
      diagonal[j] = row[j]!;
      if (j + 1 === n) break;
      const { beta, tau: t } = householder(row, j + 1, n);
      offDiagonal[j] = beta;
      tau[j] = t;
      partner(a, n, j, t, v, w, p, products);
    }
    const next = start + count;
    if (next < n) updateRest(a, n, next, count, v, w, products);
  }
  for (let j = 0; j < n; j++) a.fill(0, j * n, Math.min(n, j + 1) + j * n);
  return { n, diagonal, offDiagonal, reflectors: a, tau };
}

/** Overwrites x[from … to) by v (v[from] = 1) with (I − τ v vᵀ) x = β e_1. */
function householder(x: Float64Array, from: number, to: number): { beta: number; tau: number } {
  let largest = 0;
  for (let i = from + 1; i < to; i++) largest = Math.max(largest, Math.abs(x[i]!));
  const alpha = x[from]!;
  x[from] = 1;
  if (largest === 0) return { beta: alpha, tau: 0 };
  const scale = Math.max(largest, Math.abs(alpha));
  let sum = 0;
  for (let i = from + 1; i < to; i++) sum += (x[i]! / scale) ** 2;
  const norm = scale * Math.sqrt(sum + (alpha / scale) ** 2);
  const beta = alpha > 0 ? -norm : norm;
  const divisor = alpha - beta;
  for (let i = from + 1; i < to; i++) x[i]! /= divisor;
  return { beta, tau: (beta - alpha) / beta };
}

/** Stores v_j as row p of `v` and w_j = τ (A' v − ½ τ (vᵀA' v) v) as row p of `w`, A' = A less the panel's earlier updates. */
function partner(
  a: Float64Array,
  n: number,
  j: number,
  tau: number,
  v: Float64Array,
  w: Float64Array,
  p: number,
  products: HostProducts,
): void {
  const vRow = v.subarray(p * n, (p + 1) * n);
  const wRow = w.subarray(p * n, (p + 1) * n);
  vRow.fill(0);
  wRow.fill(0);
  vRow.set(a.subarray(j * n + j + 1, (j + 1) * n), j + 1);
  if (tau === 0) return;
  products.run({ operation: 'matrix-vector', a, n, from: j + 1, x: vRow, y: wRow });
  for (let q = 0; q < p; q++) {
    const at = q * n;
    let wv = 0;
    let vv = 0;
    for (let i = j + 1; i < n; i++) {
      const x = vRow[i]!;
      wv += w[at + i]! * x;
      vv += v[at + i]! * x;
    }
    for (let i = j + 1; i < n; i++) wRow[i]! -= v[at + i]! * wv + w[at + i]! * vv;
  }
  let product = 0;
  for (let i = j + 1; i < n; i++) {
    const value = tau * wRow[i]!;
    wRow[i] = value;
    product += value * vRow[i]!;
  }
  const half = -0.5 * tau * product;
  for (let i = j + 1; i < n; i++) wRow[i]! += half * vRow[i]!;
}

/** A[next…, next…] −= V Wᵀ + W Vᵀ; the lower triangle is computed and mirrored. */
function updateRest(
  a: Float64Array,
  n: number,
  next: number,
  count: number,
  v: Float64Array,
  w: Float64Array,
  products: HostProducts,
): void {
  const size = n - next;
  const c = { data: a, stride: n, at: next * n + next };
  for (const [left, right] of [
    [v, w],
    [w, v],
  ] as const) {
    products.run({
      operation: 'gemm',
      m: size,
      n: size,
      k: count,
      alpha: -1,
      lower: true,
      c,
      a: transposed(rows(left, n, next)),
      b: rows(right, n, next),
    });
  }
  mirrorLower(a, n, next);
}

/** Copies the lower triangle of a [n, n] matrix onto the upper one, from row and column `from` on. */
export function mirrorLower(a: Float64Array, n: number, from = 0): void {
  const block = 32;
  for (let i0 = from; i0 < n; i0 += block) {
    for (let j0 = from; j0 <= i0; j0 += block) {
      for (let i = i0; i < Math.min(n, i0 + block); i++) {
        for (let j = j0; j < Math.min(i, j0 + block); j++) a[j * n + i] = a[i * n + j]!;
      }
    }
  }
}

/**
 * X ← X Qᵀ for row vectors: turns eigenvectors of T, one a row of x [count, n], into eigenvectors of A.
 * Reflectors are applied in blocks I − V S Vᵀ (compact WY).
 */
export function applyReflectors(
  { n, reflectors, tau }: Tridiagonal,
  x: Float64Array,
  count: number,
  products: HostProducts,
): void {
  const projected = products.array(count * panel);
  const scaled = products.array(count * panel);
  for (let start = Math.floor(Math.max(0, n - 2) / panel) * panel; start >= 0 && n > 1; start -= panel) {
    const width = Math.min(panel, n - 1 - start);
    const first = start + 1; // the block's reflectors are zero before this column
    const block = rows(reflectors, n, start * n + first);
    const s = compactFactor(reflectors, n, start, width, tau);
    projected.fill(0, 0, count * width);
    products.run({
      operation: 'gemm',
      m: count,
      n: width,
      k: n - first,
      alpha: 1,
      a: rows(x, n, first),
      b: transposed(block),
      c: { data: projected, stride: width },
    });
    scaled.fill(0, 0, count * width);
    hostGemm(count, width, width, 1, rows(projected, width), transposed(rows(s, width)), {
      data: scaled,
      stride: width,
    });
    products.run({
      operation: 'gemm',
      m: count,
      n: n - first,
      k: width,
      alpha: -1,
      a: rows(scaled, width),
      b: block,
      c: { data: x, stride: n, at: first },
    });
  }
}

/** Upper triangular S with H_start … H_{start+width−1} = I − V S Vᵀ (LAPACK's dlarft, forward and row-wise). */
function compactFactor(
  reflectors: Float64Array,
  n: number,
  start: number,
  width: number,
  tau: Float64Array,
): Float64Array {
  const s = new Float64Array(width * width);
  const products = new Float64Array(width * width);
  const block = rows(reflectors, n, start * n + start + 1);
  hostGemm(width, width, n - start - 1, 1, block, transposed(block), { data: products, stride: width });
  for (let j = 0; j < width; j++) {
    const t = tau[start + j]!;
    s[j * width + j] = t;
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let k = i; k < j; k++) sum += s[i * width + k]! * products[k * width + j]!;
      s[i * width + j] = -t * sum;
    }
  }
  return s;
}
