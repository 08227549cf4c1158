// y[i] = bits for i < n. y: [n] words. Tolerance: 0, exact. Cost: one store a word.
struct Uniforms { n : u32, bits : u32, groups_x : u32 }

@group(0) @binding(0) var<storage, read_write> y : array<u32>;
@group(0) @binding(1) var<uniform> u : Uniforms;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = (group.y * u.groups_x + group.x) * 64u + lane;
  if (i < u.n) { y[i] = u.bits; }
}
