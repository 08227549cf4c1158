import type { Arithmetic } from './arithmetic.js';
import { gramOf } from './gram.js';
import { hostCompute } from './host/compute.js';
import type { TallMatrix } from './tall-matrix.js';

/** The first `columns` columns of a matrix, as a basis. */
export interface LeadingColumns {
  readonly matrix: TallMatrix;
  readonly columns: number;
}

/**
 * Principal angles between the spans of two bases of one space, in radians, ascending; min(k_A, k_B) of them.
 *
 * The arccosine of a singular value of U_AᵀU_B says nothing of an angle below the root of its rounding error. Björck and
 * Golub, "Numerical methods for computing angles between linear subspaces" (Mathematics of Computation 27, 1973), therefore
 * take the sines of small angles and the cosines of large ones. Here the bases are f32 and their Gram matrix is f64: cos² and
 * sin² = 1 − cos² are both off by some 1e-15, and θ = atan2(sin θ, cos θ) by less than 1e-6 at either end, 1e-9 between.
 * @returns undefined when the columns of a basis are dependent
 */
export async function principalAngles(
  arithmetic: Arithmetic,
  a: LeadingColumns,
  b: LeadingColumns,
): Promise<Float64Array | undefined> {
  const n = a.columns + b.columns;
  const gram = await gramOf(arithmetic, sideBySide(a, b));
  const squares = await hostCompute.squaredCosines(gram, n, a.columns);
  return squares?.map((value) => {
    const square = Math.min(1, Math.max(0, value));
    return Math.atan2(Math.sqrt(1 - square), Math.sqrt(square));
  });
}

function sideBySide(a: LeadingColumns, b: LeadingColumns): TallMatrix {
  const columns = a.columns + b.columns;
  return {
    rows: a.matrix.rows,
    columns,
    window: async (start, count) => {
      const joined = new Float32Array(count * columns);
      for (const [{ matrix, columns: width }, at] of [[a, 0] as const, [b, a.columns] as const]) {
        const window = await matrix.window(start, count);
        for (let i = 0; i < count; i++) {
          const first = i * matrix.columns;
          joined.set(window.subarray(first, first + width), i * columns + at);
        }
      }
      return joined;
    },
  };
}
