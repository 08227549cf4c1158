// Gradient of RMSNorm joined to the residual's, row by row: dx = residual + s·(gain ⊙ dy − x·s²·mean(x ⊙ gain ⊙ dy)).
//
// dy, x, dx: [rows, columns] f32; gain: [columns] f32 or bf16; scale: [rows], s of the forward pass. With ADD, dx holds the
// residual's gradient on entry; without, it is overwritten. LANES invocations share a row, ROWS rows a workgroup.
// Tolerance: 2e-6 of the largest |dx|. Cost: 3 to 4 numbers read (dy and x twice) and 1 written an element.
override ADD : bool;

struct Uniforms { rows : u32, columns : u32 }

{{dy}}
{{x}}
{{gain}}
@group(0) @binding(3) var<storage, read> scale : array<f32>;
{{dx}}
@group(0) @binding(5) var<uniform> u : Uniforms;

{{> lane-sum}}
{{> inside}}
@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_id) local : vec3u, @builtin(local_invocation_index) index : u32,
) {
  let row = (group.y * groups.x + group.x) * ROWS + local.y;
  let start = row * u.columns;
  var products = 0.0;
  if (row < u.rows) {
    for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
      let value = x_at4(start + c) * gain_at4(c) * dy_at4(start + c);
      products += dot(inside(value, c, u.columns, 0f), vec4f(1.0));
    }
  }
  let total = lane_sum(products, local, index);
  if (row >= u.rows) { return; }
  let s = scale[row];
  let mean = s * s * total / f32(u.columns);
  for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
    var value = s * (gain_at4(c) * dy_at4(start + c) - x_at4(start + c) * mean);
    if (ADD) { value += dx_at4(start + c); }
    dx_set4(start + c, u.columns - c, value);
  }
}
