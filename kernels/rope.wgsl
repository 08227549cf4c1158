// Rotary embedding of queries and keys, in place: every pair (x_i, x_{i+HALF}) of the first `heads` heads of a row turns by the
// angle of (position, i) to (x_i·cos − x_{i+HALF}·sin, x_{i+HALF}·cos + x_i·sin); direction −1 turns a gradient back.
//
// x: [rows, stride] f32, heads of 2·HALF columns; positions: [rows]; table: [positions, 2, HALF], cos then sin, made on the host.
// An invocation turns four pairs of a head. Tolerance: 3e-7 of the largest |x|. Cost: 1 number read and written an element.
override HALF : u32;

struct Uniforms { rows : u32, stride : u32, heads : u32, direction : f32 }

{{x}}
@group(0) @binding(1) var<storage, read> positions : array<u32>;
{{table}}
@group(0) @binding(3) var<uniform> u : Uniforms;

{{> row-vectors}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let at_head = row_vector(group, groups, lane, HALF);
  let head = at_head.row;
  let row = head / u.heads;
  if (row >= u.rows) { return; }
  let i = at_head.column;
  let at = row * u.stride + (head % u.heads) * 2u * HALF + i;
  let turn = positions[row] * 2u * HALF + i;
  let a = x_at4(at);
  let b = x_at4(at + HALF);
  let cosine = table_at4(turn);
  let sine = table_at4(turn + HALF) * u.direction;
  x_set4(at, HALF - i, a * cosine - b * sine);
  x_set4(at + HALF, HALF - i, b * cosine + a * sine);
}
