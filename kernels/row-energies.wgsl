// partial[row, part] = Σ a[row, j]² over the columns j of one part of 64 columns; the host adds the parts in f64.
//
// a: [rows, columns] f32; partial: [rows, parts]. A lane takes one part: no lane waits for another, which software GPUs do
// slowly. Tolerance: 1e-6 of a row's energy.
// Oracle: test/device/linalg/device/arithmetic.test.ts. Cost: one read of a.
struct Uniforms { count : u32, stride : u32, columns : u32, parts : u32 }

@group(0) @binding(0) var<storage, read> a : array<f32>;
@group(0) @binding(1) var<storage, read_write> partial : array<f32>;
@group(0) @binding(2) var<uniform> u : Uniforms;

const part_columns = 64u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let i = id.y * u.stride + id.x;
  if (id.x >= u.stride || i >= u.count) { return; }
  let row = i / u.parts;
  let first = (i % u.parts) * part_columns;
  let end = min(first + part_columns, u.columns);
  var sum = 0f;
  for (var j = first; j < end; j++) {
    let value = a[row * u.columns + j];
    sum += value * value;
  }
  partial[i] = sum;
}
