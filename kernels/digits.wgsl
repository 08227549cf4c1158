// Splits rows of a matrix into three digits of 8 bits, relative to each column's largest element, and their sums in pairs:
//   a[i, j] = 2^(e_j + 1) · (d1·2^−7 + d2·2^−15 + d3·2^−23) + error, |error| ≤ 2^(e_j − 23), d integers in [−128, 128],
// e_j the exponent of the column's largest element. Digits are stored as f32: products of two sums of them, summed over
// 256 rows, are integers up to 2²⁴, so that f32 arithmetic on them is exact in any order, fused or not.
//
// a: [rows, columns]; maxima: [columns], from column-maxima; digits: [6, height, columns] = d1, d2, d3, d1 + d2, d1 + d3,
// d2 + d3 of rows first_row … first_row + height − 1; rows beyond the matrix give zeros.
// Tolerance: 0, exact. Oracle: test/device/linalg/device/exact-gram.test.ts. Cost: one read and six writes of the part.
struct Uniforms { rows : u32, columns : u32, first_row : u32, height : u32 }

@group(0) @binding(0) var<storage, read> a : array<f32>;
@group(0) @binding(1) var<storage, read> maxima : array<u32>;
@group(0) @binding(2) var<storage, read_write> digits : array<f32>;
@group(0) @binding(3) var<uniform> u : Uniforms;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let column = id.x;
  let row = u.first_row + id.y;
  if (column >= u.columns) { return; }
  // 2^(6 − e): brings the column into (−128, 128). A column below 2^−100 counts as zero.
  let exponent = i32(maxima[column] >> 23u) - 127;
  var x = 0f;
  if (row < u.rows && exponent > -100) {
    x = a[row * u.columns + column] * bitcast<f32>(u32(6 - exponent + 127) << 23u);
  }
  let d1 = round(x);
  let rest = (x - d1) * 256f;
  let d2 = round(rest);
  let d3 = round((rest - d2) * 256f);
  let size = u.height * u.columns;
  let at = id.y * u.columns + column;
  digits[at] = d1;
  digits[at + size] = d2;
  digits[at + 2u * size] = d3;
  digits[at + 3u * size] = d1 + d2;
  digits[at + 4u * size] = d1 + d3;
  digits[at + 5u * size] = d2 + d3;
}
