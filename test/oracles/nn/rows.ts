/** y_r = source_{index_r}, zeros where the index is `none`. */
export function gatherRows(
  source: Float64Array,
  columns: number,
  index: ArrayLike<number>,
  none: number,
): Float64Array {
  const y = new Float64Array(index.length * columns);
  for (let r = 0; r < index.length; r++) {
    if (index[r] !== none) y.set(source.subarray(index[r]! * columns, (index[r]! + 1) * columns), r * columns);
  }
  return y;
}

/** sum_{index_r} += x_r, in place: the transpose of gatherRows, and the gradient of an embedding. */
export function scatterAddRows(sum: Float64Array, x: Float64Array, columns: number, index: ArrayLike<number>): void {
  for (let r = 0; r < index.length; r++) {
    for (let c = 0; c < columns; c++) sum[index[r]! * columns + c]! += x[r * columns + c]!;
  }
}
