import { rows, transposed } from './gemm.js';
import { type HostProducts, thisThread } from './products.js';
import { mirrorLower } from './tridiagonal.js';

/** AᵀA in f64. @param a [count, columns] row-major. @returns [columns, columns]. */
export function hostGram(
  a: Float32Array,
  count: number,
  columns: number,
  products: HostProducts = thisThread,
): Float64Array {
  const gram = products.array(columns * columns);
  const view = rows(a, columns);
  products.run({
    operation: 'gemm',
    m: columns,
    n: columns,
    k: count,
    alpha: 1,
    lower: true,
    a: transposed(view),
    b: view,
    c: { data: gram, stride: columns },
  });
  mirrorLower(gram, columns);
  return gram;
}
