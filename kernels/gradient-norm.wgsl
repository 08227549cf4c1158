// Partial sums of squares of a gradient, and its NaN and infinite elements.
//   g         [n] f32
//   partial_sums [ceil(n / 4096)]: the sum over elements 4096·j … of g², each of 64 lanes 64 terms, then the lanes by halves
//   nonfinite [1] count, by bits: comparisons do not see NaN on every driver
// The host adds the partial sums in f64. Tolerance: 8e-7 relative. Cost: 4 bytes and 2 flop an element.
struct Uniforms { n : u32, groups_x : u32 }

@group(0) @binding(0) var<storage, read> g : array<f32>;
@group(0) @binding(1) var<storage, read_write> partial_sums : array<f32>;
@group(0) @binding(2) var<storage, read_write> nonfinite : array<atomic<u32>>;
@group(0) @binding(3) var<uniform> u : Uniforms;

var<workgroup> lanes : array<f32, 64>;

{{> float-bits}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let chunk = group.y * u.groups_x + group.x;
  let start = chunk * 4096u;
  if (start >= u.n) { return; }
  var sum = 0.0;
  var count = 0u;
  for (var j = 0u; j < 64u; j++) {
    let i = start + j * 64u + lane;
    if (i < u.n) {
      let x = g[i];
      sum += x * x;
      if (is_nonfinite(bitcast<u32>(x))) { count++; }
    }
  }
  if (count > 0u) { atomicAdd(&nonfinite[0], count); }
  lanes[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane < half) { lanes[lane] += lanes[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) { partial_sums[chunk] = lanes[0]; }
}
