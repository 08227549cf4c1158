// Gradient of RMSNorm of neighbouring columns, in place, for each of the GROUPS runs of a row:
// d = s·(gain ⊙ d − x·s²·mean(x ⊙ gain ⊙ d)), from the gradient of the norm's output to that of its input.
//
// d: f32, GROUPS·columns columns of a matrix with `stride` columns from column `start` on; x: [rows, GROUPS·columns] f32; gain:
// [columns] f32 or bf16; scale: [rows, GROUPS], s of the forward pass. LANES invocations share a run, ROWS runs a workgroup.
// Tolerance: 2e-6 of the largest |d|. Cost: 4 numbers read (two of them from a cache) and 1 written an element.
override GROUPS : u32;

struct Uniforms { runs : u32, columns : u32, stride : u32, start : u32 }

{{x}}
{{gain}}
@group(0) @binding(2) var<storage, read> scale : array<f32>;
{{d}}
@group(0) @binding(4) var<uniform> u : Uniforms;

{{> lane-sum}}
{{> inside}}
@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_id) local : vec3u, @builtin(local_invocation_index) index : u32,
) {
  let run = (group.y * groups.x + group.x) * ROWS + local.y;
  let first = run * u.columns;
  let at = (run / GROUPS) * u.stride + u.start + (run % GROUPS) * u.columns;
  var products = 0.0;
  if (run < u.runs) {
    for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
      let value = x_at4(first + c) * gain_at4(c) * d_at4(at + c);
      products += dot(inside(value, c, u.columns, 0f), vec4f(1.0));
    }
  }
  let total = lane_sum(products, local, index);
  if (run >= u.runs) { return; }
  let s = scale[run];
  let mean = s * s * total / f32(u.columns);
  for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
    d_set4(at + c, u.columns - c, s * (gain_at4(c) * d_at4(at + c) - x_at4(first + c) * mean));
  }
}
