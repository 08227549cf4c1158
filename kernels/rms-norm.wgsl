// Residual add and RMSNorm, row by row: sum = x + branch, y = sum·s ⊙ gain, s = (mean(sum²) + ε)^(−1/2).
//
// x, branch, sum, y: [rows, columns] f32; gain: [columns] f32 or bf16; scale: [rows], s. Without ADD, sum = x.
// LANES invocations share a row, ROWS rows a workgroup.
// Tolerance: 1e-6 of the largest |y|. Cost: 3 numbers read (2 without ADD) and 2 written an element.
override ADD : bool;

struct Uniforms { rows : u32, columns : u32, epsilon : f32 }

{{x}}
{{branch}}
{{gain}}
{{sum}}
{{y}}
@group(0) @binding(5) var<storage, read_write> scale : array<f32>;
@group(0) @binding(6) var<uniform> u : Uniforms;

{{> lane-sum}}
{{> inside}}
@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_id) local : vec3u, @builtin(local_invocation_index) index : u32,
) {
  let row = (group.y * groups.x + group.x) * ROWS + local.y;
  let start = row * u.columns;
  var squares = 0.0;
  if (row < u.rows) {
    for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
      var value = x_at4(start + c);
      if (ADD) { value += branch_at4(start + c); }
      sum_set4(start + c, u.columns - c, value);
      value = inside(value, c, u.columns, 0f);
      squares += dot(value, value);
    }
  }
  let total = lane_sum(squares, local, index);
  if (row >= u.rows) { return; }
  let s = inverseSqrt(total / f32(u.columns) + u.epsilon);
  if (local.x == 0u) { scale[row] = s; }
  for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
    y_set4(start + c, u.columns - c, sum_at4(start + c) * s * gain_at4(c));
  }
}
