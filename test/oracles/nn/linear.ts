/** y = x·Wᵀ + b. x [rows, columns], w [outputs, columns], b [outputs] → [rows, outputs]. */
export function linear(x: Float64Array, w: Float64Array, rows: number, columns: number, bias?: Float64Array) {
  const outputs = w.length / columns;
  const y = new Float64Array(rows * outputs);
  for (let r = 0; r < rows; r++)
    for (let o = 0; o < outputs; o++) {
      let sum = bias?.[o] ?? 0;
      for (let c = 0; c < columns; c++) sum += x[r * columns + c]! * w[o * columns + c]!;
      y[r * outputs + o] = sum;
    }
  return y;
}

/** dx = dy·W, dw = dyᵀ·x, db = column sums of dy. */
export function linearBackward(dy: Float64Array, x: Float64Array, w: Float64Array, rows: number, columns: number) {
  const outputs = w.length / columns;
  const dx = new Float64Array(rows * columns);
  const dw = new Float64Array(outputs * columns);
  for (let r = 0; r < rows; r++)
    for (let o = 0; o < outputs; o++) {
      const g = dy[r * outputs + o]!;
      for (let c = 0; c < columns; c++) {
        dx[r * columns + c]! += g * w[o * columns + c]!;
        dw[o * columns + c]! += g * x[r * columns + c]!;
      }
    }
  return { dx, dw, db: columnSums(dy, rows, outputs) };
}

export function columnSums(a: Float64Array, rows: number, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) sums[c]! += a[r * columns + c]!;
  return sums;
}
