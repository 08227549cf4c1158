// Gradient of the cross-entropy in a window of the vocabulary, in place: logits = scale·(e^(logits − log_sum_exp) − [column =
// target]).
//
// logits: [rows, columns] f32, the window [first, first + columns) of the vocabulary; targets, log_sum_exp: [rows].
// Tolerance: 3e-6·scale. Cost: 1 number read and written an element.
struct Uniforms { rows : u32, columns : u32, first : u32, scale : f32 }

{{logits}}
@group(0) @binding(1) var<storage, read> targets : array<u32>;
@group(0) @binding(2) var<storage, read> log_sum_exp : array<f32>;
@group(0) @binding(3) var<uniform> u : Uniforms;

{{> row-vectors}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let at_row = row_vector(group, groups, lane, u.columns);
  let row = at_row.row;
  if (row >= u.rows) { return; }
  let c = at_row.column;
  let at = row * u.columns + c;
  let hit = u.first + c + vec4u(0u, 1u, 2u, 3u) == vec4u(targets[row]);
  let p = exp(logits_at4(at) - log_sum_exp[row]);
  logits_set4(at, u.columns - c, u.scale * (p - select(vec4f(), vec4f(1.0), hit)));
}
