// y[index[r]] = the columns start … start + columns − 1 of x[r]: keys and values go to their rows of a cache.
//
// x: [rows, stride] f32; index: [rows], all different; y: [·, columns] f32.
// Tolerance: 0, exact. Cost: 1 number read and written an element.
struct Uniforms { rows : u32, columns : u32, stride : u32, start : u32 }

{{x}}
@group(0) @binding(1) var<storage, read> index : array<u32>;
{{y}}
@group(0) @binding(3) var<uniform> u : Uniforms;

{{> row-vectors}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let at_row = row_vector(group, groups, lane, u.columns);
  let row = at_row.row;
  if (row >= u.rows) { return; }
  let c = at_row.column;
  y_set4(index[row] * u.columns + c, u.columns - c, x_at4(row * u.stride + u.start + c));
}
