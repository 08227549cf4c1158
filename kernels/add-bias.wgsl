// x += bias for every row. x: [rows, columns] f32, columns of a matrix with `stride` columns from column `start` on; bias:
// [columns]
// f32 or bf16. Tolerance: 0, exact. Cost: 1 number read and written an element.
struct Uniforms { rows : u32, columns : u32, stride : u32, start : u32 }

{{x}}
{{bias}}
@group(0) @binding(2) var<uniform> u : Uniforms;

{{> row-vectors}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let at_row = row_vector(group, groups, lane, u.columns);
  let row = at_row.row;
  if (row >= u.rows) { return; }
  let c = at_row.column;
  let at = row * u.stride + u.start + c;
  x_set4(at, u.columns - c, x_at4(at) + bias_at4(c));
}
