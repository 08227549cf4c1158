import type { Arithmetic } from './arithmetic.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

/** Aᵀ B [columns of A, columns of B] of two matrices with the same rows, summed over windows of rows. */
export async function crossProduct(arithmetic: Arithmetic, a: TallMatrix, b: TallMatrix): Promise<Float32Array> {
  const product = arithmetic.zeros(a.columns, b.columns);
  for (const { start, count } of windowsOf({ ...a, columns: Math.max(a.columns, b.columns) })) {
    const windowA = arithmetic.upload(await a.window(start, count), count, a.columns);
    const windowB = arithmetic.upload(await b.window(start, count), count, b.columns);
    arithmetic.product(windowA, windowB, { transposeA: true, addTo: product });
    await arithmetic.settled();
    windowA.release();
    windowB.release();
  }
  const result = await arithmetic.download(product);
  product.release();
  return result;
}
