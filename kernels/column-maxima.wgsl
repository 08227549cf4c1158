// maxima[j] = bits of max_i |a[i, j]|, as u32: non-negative floats are ordered as their bits are.
//
// a: [rows, columns] f32, finite; maxima: [columns], cleared before. A lane takes RUN rows of one column.
// Tolerance: 0, exact. Oracle: test/device/linalg/device/exact-gram.test.ts. Cost: one read of a.
override RUN : u32 = 64;

struct Uniforms { rows : u32, columns : u32 }

@group(0) @binding(0) var<storage, read> a : array<f32>;
@group(0) @binding(1) var<storage, read_write> maxima : array<atomic<u32>>;
@group(0) @binding(2) var<uniform> u : Uniforms;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let column = id.x;
  if (column >= u.columns) { return; }
  let end = min((id.y + 1u) * RUN, u.rows);
  var largest = 0u;
  for (var row = id.y * RUN; row < end; row++) {
    largest = max(largest, bitcast<u32>(a[row * u.columns + column]) & 0x7fffffffu);
  }
  atomicMax(&maxima[column], largest);
}
