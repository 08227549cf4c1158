// Sums over rows in blocks of `block` rows: out[b, c] = Σ_r a[r, c], or with WEIGHTED Σ_r a[r, c]·w[r, c]·scale[r] (the gradient
// of an RMSNorm's gain); with ADD they are added to what is there. Twice, it sums all rows, always in the same order.
//
// a: [rows, columns] f32, the columns of a matrix with `stride` columns from column `start` on; a row of that matrix holds GROUPS
// rows of a side by side; w: [rows, columns] f32; scale: [rows]; out: [⌈rows/block⌉, columns]. An invocation sums four columns of a
// block.
// Tolerance: 1e-7·√rows of Σ|a·w·scale|. Cost: 1 or 2 numbers read an element.
override WEIGHTED : bool;
override ADD : bool;
override GROUPS : u32;

struct Uniforms { rows : u32, columns : u32, block : u32, stride : u32, start : u32 }

{{a}}
{{w}}
@group(0) @binding(2) var<storage, read> scale : array<f32>;
{{out}}
@group(0) @binding(4) var<uniform> u : Uniforms;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let c = 4u * id.x;
  if (c >= u.columns) { return; }
  var sum = vec4f();
  let first = id.y * u.block;
  for (var row = first; row < min(first + u.block, u.rows); row++) {
    var value = a_at4((row / GROUPS) * u.stride + u.start + (row % GROUPS) * u.columns + c);
    if (WEIGHTED) { value *= w_at4(row * u.columns + c) * scale[row]; }
    sum += value;
  }
  let at = id.y * u.columns + c;
  if (ADD) { sum += out_at4(at); }
  out_set4(at, u.columns - c, sum);
}
