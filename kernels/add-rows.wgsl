// Residual add where no norm follows it: sum = x + branch, or without ADD sum = x.
//
// x, branch, sum: [rows, columns] f32. Tolerance: 0, exact. Cost: 2 numbers read (1 without ADD) and 1 written an element.
override ADD : bool;

struct Uniforms { rows : u32, columns : u32 }

{{x}}
{{branch}}
{{sum}}
@group(0) @binding(3) var<uniform> u : Uniforms;

{{> row-vectors}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let at_row = row_vector(group, groups, lane, u.columns);
  let row = at_row.row;
  if (row >= u.rows) { return; }
  let c = at_row.column;
  let at = row * u.columns + c;
  var value = x_at4(at);
  if (ADD) { value += branch_at4(at); }
  sum_set4(at, u.columns - c, value);
}
