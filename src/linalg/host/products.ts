import { type HostView, hostGemm } from './gemm.js';

/** C[m, n] += alpha · A · B, see hostGemm. */
export interface GemmTask {
  readonly operation: 'gemm';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  readonly a: HostView;
  readonly b: HostView;
  /** Row-major, `stride` elements a row, first element at `at`. */
  readonly c: { readonly data: Float64Array; readonly stride: number; readonly at?: number };
  /** Only tiles that touch the lower triangle. */
  readonly lower?: boolean;
}

/** y[from … n) = A[from … n, from … n) x[from … n) of a row-major [n, n] matrix. */
export interface MatrixVectorTask {
  readonly operation: 'matrix-vector';
  readonly a: Float64Array;
  readonly n: number;
  readonly from: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export type ProductTask = GemmTask | MatrixVectorTask;

/** Computes the f64 products of the host's algorithms: on this thread, or on several. */
export interface HostProducts {
  /** Zeroed memory that `run` can work on. */
  array(length: number): Float64Array;
  run(task: ProductTask): void;
}

export const thisThread: HostProducts = {
  array: (length) => new Float64Array(length),
  run: (task) => runRows(task, 0, rowsOf(task)),
};

/** Rows of a task's result: they can be computed in any parts and order, to the same bits. */
export function rowsOf(task: ProductTask): number {
  return task.operation === 'gemm' ? task.m : task.n - task.from;
}

/** Computes rows [first, last) of a task's result. */
export function runRows(task: ProductTask, first: number, last: number): void {
  if (task.operation === 'matrix-vector') multiplyVector(task, task.from + first, task.from + last);
  else multiplyMatrices(task, first, last);
}

function multiplyMatrices(task: GemmTask, first: number, last: number): void {
  const { n, k, alpha, a, b, c, lower = false } = task;
  const columns = lower ? Math.min(n, last) : n;
  const view = { ...a, at: a.at + first * a.rowStep };
  const target = { ...c, at: (c.at ?? 0) + first * c.stride };
  hostGemm(last - first, columns, k, alpha, view, b, target, lower ? first : undefined);
}

/** Rows [first, last) of the product, four at a time so that x is loaded once for four sums. */
function multiplyVector({ a, n, from, x, y }: MatrixVectorTask, first: number, last: number): void {
  let i = first;
  for (; i + 4 <= last; i += 4) {
    const row0 = i * n;
    const row1 = row0 + n;
    const row2 = row1 + n;
    const row3 = row2 + n;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let k = from; k < n; k++) {
      const value = x[k]!;
      s0 += a[row0 + k]! * value;
      s1 += a[row1 + k]! * value;
      s2 += a[row2 + k]! * value;
      s3 += a[row3 + k]! * value;
    }
    y[i] = s0;
    y[i + 1] = s1;
    y[i + 2] = s2;
    y[i + 3] = s3;
  }
  for (; i < last; i++) {
    let sum = 0;
    for (let k = from; k < n; k++) sum += a[i * n + k]! * x[k]!;
    y[i] = sum;
  }
}
