// f32 numbers by their bits: arithmetic may flush subnormals, and comparisons do not see NaN on every driver.
fn is_nonfinite(bits : u32) -> bool { return (bits & 0x7f800000u) == 0x7f800000u; }

// The bf16 nearest to an f32, ties to even. An infinity stays one; a NaN stays a quiet NaN.
fn bf16_bits(bits : u32) -> u32 {
  if ((bits & 0x7fffffffu) > 0x7f800000u) { return (bits >> 16u) | 0x40u; }
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}
