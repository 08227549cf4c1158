// y[r] = x[index[r] − first] for rows with first ≤ index[r] < first + count. Rows whose index is `none` become zeros; others are
// left alone, so that a matrix over the binding limit is read window by window. Embedding, and picking and placing target rows.
//
// x: [count, columns] f32 or bf16; index: [rows]; y: [rows, columns] f32.
// Tolerance: 0, exact. Cost: 1 number read and written an element.
struct Uniforms { rows : u32, columns : u32, first : u32, count : u32 }

{{x}}
@group(0) @binding(1) var<storage, read> index : array<u32>;
{{y}}
@group(0) @binding(3) var<uniform> u : Uniforms;

const none = 0xffffffffu;

{{> row-vectors}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let at_row = row_vector(group, groups, lane, u.columns);
  let row = at_row.row;
  if (row >= u.rows) { return; }
  let c = at_row.column;
  let wanted = index[row];
  if (wanted == none) {
    y_set4(row * u.columns + c, u.columns - c, vec4f());
  } else if (wanted >= u.first && wanted - u.first < u.count) {
    y_set4(row * u.columns + c, u.columns - c, x_at4((wanted - u.first) * u.columns + c));
  }
}
