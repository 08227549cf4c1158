/**
 * Half-split rotary embedding. x [rows, stride] holds `heads` heads of `headDim` columns from column 0; head pairs
 * (i, i + headDim/2) turn by the angle positions[row] · frequencies[i]. `direction` −1 is the transpose: the gradient.
 */
export function rope(
  x: Float64Array,
  stride: number,
  heads: number,
  headDim: number,
  positions: ArrayLike<number>,
  frequencies: ArrayLike<number>,
  direction: 1 | -1 = 1,
): Float64Array {
  const y = x.slice();
  const half = headDim / 2;
  for (let r = 0; r < positions.length; r++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < half; i++) {
        const angle = positions[r]! * frequencies[i]! * direction;
        const at = r * stride + h * headDim + i;
        y[at] = x[at]! * Math.cos(angle) - x[at + half]! * Math.sin(angle);
        y[at + half] = x[at + half]! * Math.cos(angle) + x[at]! * Math.sin(angle);
      }
  return y;
}
