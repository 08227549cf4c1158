// y[i] = x[i] in another element type, four elements an invocation.
//   x [n] f32, or bf16 or f16 pairs;  y [n] f32, or bf16 or f16 pairs (TARGET 0, 1, 2)
// Rounds to nearest, ties to even, through the subnormals; overflow gives infinity; a NaN stays a quiet NaN. The half word
// behind the last of an odd number of elements becomes 0. Tolerance: 0, exact: the bits of src/formats/float-conversion.ts.
// Cost: one read and one write an element.
override TARGET : u32;

struct Uniforms { n : u32, groups_x : u32 }

{{x}}
@group(0) @binding(1) var<storage, read_write> y : array<u32>;
@group(0) @binding(2) var<uniform> u : Uniforms;

{{> float-bits}}
fn f16_bits(bits : u32) -> u32 {
  let sign = (bits >> 16u) & 0x8000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return sign | 0x7e00u | ((magnitude >> 13u) & 0x3ffu); }
  if (magnitude >= 0x47800000u) { return sign | 0x7c00u; }
  if (magnitude >= 0x38800000u) {
    let rebased = magnitude - 0x38000000u;
    return sign | ((rebased + 0xfffu + ((rebased >> 13u) & 1u)) >> 13u);
  }
  let shift = 126u - (magnitude >> 23u);
  if (shift > 25u) { return sign; }
  let mantissa = (magnitude & 0x7fffffu) | 0x800000u;
  return sign | ((mantissa + (1u << (shift - 1u)) - 1u + ((mantissa >> shift) & 1u)) >> shift);
}

fn pack(first : u32, second : u32) -> u32 {
  if (TARGET == 1u) { return bf16_bits(first) | (bf16_bits(second) << 16u); }
  return f16_bits(first) | (f16_bits(second) << 16u);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = ((group.y * u.groups_x + group.x) * 64u + lane) * 4u;
  if (i >= u.n) { return; }
  let inside = vec4u(i) + vec4u(0u, 1u, 2u, 3u) < vec4u(u.n);
  let bits = select(vec4u(), x_bits4(i), inside);
  if (TARGET == 0u) {
    for (var j = 0u; j < min(4u, u.n - i); j++) { y[i + j] = bits[j]; }
    return;
  }
  y[i / 2u] = pack(bits.x, bits.y);
  if (inside.z) { y[i / 2u + 1u] = pack(bits.z, bits.w); }
}
