const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** h = silu(gate) ⊙ up for gateUp = [gate | up], [rows, 2·mlp] → [rows, mlp]. */
export function swiglu(gateUp: Float64Array, mlp: number): Float64Array {
  const rows = gateUp.length / (2 * mlp);
  const h = new Float64Array(rows * mlp);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < mlp; c++) {
      const gate = gateUp[r * 2 * mlp + c]!;
      h[r * mlp + c] = gate * sigmoid(gate) * gateUp[(r * 2 + 1) * mlp + c]!;
    }
  return h;
}

/** dgate = dh ⊙ up ⊙ σ(gate)(1 + gate(1 − σ(gate))), dup = dh ⊙ silu(gate); laid out as gateUp. */
export function swigluBackward(dh: Float64Array, gateUp: Float64Array, mlp: number): Float64Array {
  const d = new Float64Array(gateUp.length);
  for (let r = 0; r < dh.length / mlp; r++)
    for (let c = 0; c < mlp; c++) {
      const at = r * 2 * mlp + c;
      const gate = gateUp[at]!;
      const s = sigmoid(gate);
      d[at] = dh[r * mlp + c]! * gateUp[at + mlp]! * s * (1 + gate * (1 - s));
      d[at + mlp] = dh[r * mlp + c]! * gate * s;
    }
  return d;
}
