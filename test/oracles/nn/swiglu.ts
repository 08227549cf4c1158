const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const root = Math.sqrt(2 / Math.PI);

/** x·σ(x), or GELU by its approximation with tanh as published, and their derivatives. */
const gates = {
  silu: {
    gate: (x: number) => x * sigmoid(x),
    slope: (x: number) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  },
  gelu_pytorch_tanh: {
    gate: (x: number) => (x / 2) * (1 + Math.tanh(root * (x + 0.044715 * x ** 3))),
    slope: (x: number) => {
      const t = Math.tanh(root * (x + 0.044715 * x ** 3));
      return (1 + t) / 2 + (x / 2) * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x);
    },
  },
};

/** h = activation(gate) ⊙ up for gateUp = [gate | up], [rows, 2·mlp] → [rows, mlp]. */
export function swiglu(gateUp: Float64Array, mlp: number, activation: keyof typeof gates = 'silu'): Float64Array {
  const rows = gateUp.length / (2 * mlp);
  const h = new Float64Array(rows * mlp);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < mlp; c++) {
      const gate = gateUp[r * 2 * mlp + c]!;
      h[r * mlp + c] = gates[activation].gate(gate) * gateUp[(r * 2 + 1) * mlp + c]!;
    }
  return h;
}

/** dgate = dh ⊙ up ⊙ activation′(gate), dup = dh ⊙ activation(gate); laid out as gateUp. */
export function swigluBackward(
  dh: Float64Array,
  gateUp: Float64Array,
  mlp: number,
  activation: keyof typeof gates = 'silu',
): Float64Array {
  const d = new Float64Array(gateUp.length);
  for (let r = 0; r < dh.length / mlp; r++)
    for (let c = 0; c < mlp; c++) {
      const at = r * 2 * mlp + c;
      const gate = gateUp[at]!;
      d[at] = dh[r * mlp + c]! * gateUp[at + mlp]! * gates[activation].slope(gate);
      d[at + mlp] = dh[r * mlp + c]! * gates[activation].gate(gate);
    }
  return d;
}
