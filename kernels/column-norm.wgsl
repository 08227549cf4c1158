// RMSNorm of neighbouring columns, GROUPS runs of them a row: y = x·s ⊙ gain, s = (mean(x²) + ε)^(−1/2) of each run. Queries or
// keys head by head (a run a head) or all heads together (one run), and outputs of a branch.
//
// x: [rows, GROUPS·columns] f32; gain: [columns] f32 or bf16; y: f32, GROUPS·columns columns of a matrix with `stride` columns from
// column `start` on; scale: [rows, GROUPS], s. LANES invocations share a run, ROWS runs a workgroup.
// Tolerance: 1e-6 of the largest |y|. Cost: 2 numbers read (the second time from a cache) and 1 written an element.
override GROUPS : u32;

struct Uniforms { runs : u32, columns : u32, stride : u32, start : u32, epsilon : f32 }

{{x}}
{{gain}}
{{y}}
@group(0) @binding(3) var<storage, read_write> scale : array<f32>;
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
  var squares = 0.0;
  if (run < u.runs) {
    for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
      let value = inside(x_at4(first + c), c, u.columns, 0f);
      squares += dot(value, value);
    }
  }
  let total = lane_sum(squares, local, index);
  if (run >= u.runs) { return; }
  let s = inverseSqrt(total / f32(u.columns) + u.epsilon);
  if (local.x == 0u) { scale[run] = s; }
  let to = (run / GROUPS) * u.stride + u.start + (run % GROUPS) * u.columns;
  for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
    y_set4(to + c, u.columns - c, x_at4(first + c) * s * gain_at4(c));
  }
}
