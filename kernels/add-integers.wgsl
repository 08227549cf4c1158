// sums[i] += i32(terms[i]) for f32 terms that are integers.
//
// Tolerance: 0, exact. Oracle: test/device/linalg/device/exact-gram.test.ts. Cost: two reads and one write of `count` words.
struct Uniforms { count : u32, stride : u32 }

@group(0) @binding(0) var<storage, read> terms : array<f32>;
@group(0) @binding(1) var<storage, read_write> sums : array<i32>;
@group(0) @binding(2) var<uniform> u : Uniforms;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let i = id.y * u.stride + id.x;
  if (id.x < u.stride && i < u.count) { sums[i] += i32(terms[i]); }
}
