// Gated unit: h = gate·σ(inner(gate)) ⊙ up, σ(x) = 1/(1 + e^(−x)). SwiGLU has inner(x) = x, GeGLU by tanh 2√(2/π)(x + 0.044715x³).
//
// gate_up: [rows, 2·columns] f32, gate then up; h: [rows, columns] f32.
// Tolerance: 2e-6 of |h|. Cost: 2 numbers read and 1 written an element of h.

struct Uniforms { rows : u32, columns : u32 }

{{gate}}
{{gate_up}}
{{h}}
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
  h_set4(row * u.columns + c, u.columns - c, gate / (1.0 + exp(-inner(gate))) * up);
}
