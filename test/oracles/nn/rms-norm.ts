/** y_r = x_r · s_r ⊙ g with s_r = (mean(x_r²) + ε)^(−1/2). x [rows, columns], g [columns]. */
export function rmsNorm(x: Float64Array, gain: Float64Array, epsilon: number) {
  const columns = gain.length;
  const rows = x.length / columns;
  const y = new Float64Array(x.length);
  const scale = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let squares = 0;
    for (let c = 0; c < columns; c++) squares += x[r * columns + c]! ** 2;
    scale[r] = 1 / Math.sqrt(squares / columns + epsilon);
    for (let c = 0; c < columns; c++) y[r * columns + c] = x[r * columns + c]! * scale[r]! * gain[c]!;
  }
  return { y, scale };
}

/** dx_r = s_r (g ⊙ dy_r − x_r s_r² mean(x_r ⊙ g ⊙ dy_r)), dg = Σ_r dy_r ⊙ x_r s_r. */
export function rmsNormBackward(dy: Float64Array, x: Float64Array, scale: Float64Array, gain: Float64Array) {
  const columns = gain.length;
  const dx = new Float64Array(x.length);
  const dgain = new Float64Array(columns);
  for (let r = 0; r < scale.length; r++) {
    const s = scale[r]!;
    let dot = 0;
    for (let c = 0; c < columns; c++) dot += x[r * columns + c]! * gain[c]! * dy[r * columns + c]!;
    for (let c = 0; c < columns; c++) {
      const i = r * columns + c;
      dx[i] = s * (gain[c]! * dy[i]! - (x[i]! * s * s * dot) / columns);
      dgain[c]! += dy[i]! * x[i]! * s;
    }
  }
  return { dx, dgain };
}
