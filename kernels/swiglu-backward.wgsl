// Gradient of a gated unit, written over gate_up: d_gate = dh ⊙ up ⊙ σ(1 + gate·slope(gate)·(1 − σ)), d_up = dh ⊙ gate·σ, with
// σ = 1/(1 + e^(−inner(gate))) and slope the derivative of inner, which is x for SwiGLU (see swiglu.wgsl).
//
// dh: [rows, columns] f32; gate_up: [rows, 2·columns] f32, gate then up.
// Tolerance: 3e-6 of the largest |d_gate| or |d_up|. Cost: 3 numbers read and 2 written an element of dh.
struct Uniforms { rows : u32, columns : u32 }

{{gate}}
{{dh}}
{{gate_up}}
@group(0) @binding(2) var<uniform> u : Uniforms;

{{> row-vectors}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let at_row = row_vector(group, groups, lane, u.columns);
  let row = at_row.row;
  if (row >= u.rows) { return; }
  let c = at_row.column;
  let at = row * 2u * u.columns + c;
  let gate = gate_up_at4(at);
  let up = gate_up_at4(at + u.columns);
  let d = dh_at4(row * u.columns + c);
  let sigmoid = 1.0 / (1.0 + exp(-inner(gate)));
  gate_up_set4(at, u.columns - c, d * up * sigmoid * (1.0 + gate * slope(gate) * (1.0 - sigmoid)));
  gate_up_set4(at + u.columns, u.columns - c, d * gate * sigmoid);
}
