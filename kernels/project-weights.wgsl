// A checkpoint's weights with a projected update, as they are stored: θ' = store(θ + cast(Δ_proj)),
// Δ_proj = p (MODE 0), Δ − p (MODE 1) or −p (MODE 2) where p is the part of Δ inside the subspace.
//
// weights θ, update Δ·scale, inside p·scale, result: f32, `count` elements; scale is a power of two. STORAGE and CAST: 0 as
// they are, 1 bf16, 2 f16; rounding is to
// nearest even through the subnormals, overflow to infinity. CHANGE: result is (θ' − θ)·scale instead of θ'; an exact change
// (STORAGE 3: f64 checkpoints) is Δ_proj itself.
//
// Tolerance: 0, but for the f32 rounding of θ + Δ and of what is taken from it. Oracle: test/device/linalg/device/arithmetic.test.ts. Cost: three reads, one write.
override MODE : u32;
override STORAGE : u32;
override CAST : u32;
override CHANGE : bool;

// `zero` is 0, which the compiler must not know: it would turn (θ + p) − θ into p.
struct Uniforms { count : u32, stride : u32, zero : u32, scale : f32, inverse_scale : f32 }

@group(0) @binding(0) var<storage, read> weights : array<f32>;
@group(0) @binding(1) var<storage, read> update : array<f32>;
@group(0) @binding(2) var<storage, read> inside : array<f32>;
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
@group(0) @binding(4) var<uniform> u : Uniforms;

// Bits of the f32 nearest to x among those whose mantissa ends in `drop` zeros, ties to even.
fn round_bits(bits : u32, drop : u32) -> u32 {
  let last = (bits >> drop) & 1u;
  return (bits + (1u << (drop - 1u)) - 1u + last) & ~((1u << drop) - 1u);
}

fn to_half(x : f32) -> f32 {
  let bits = bitcast<u32>(x);
  let sign = bits & 0x80000000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x38800000u) {
    let rounded = round_bits(magnitude, 13u);
    return bitcast<f32>(sign | select(rounded, 0x7f800000u, rounded >= 0x47800000u));
  }
  // Subnormal halves are the multiples of 2⁻²⁴: scaled to integers, rounded, scaled back; each step is exact.
  return bitcast<f32>(sign | bitcast<u32>(round(bitcast<f32>(magnitude) * 0x1p24f) * 0x1p-24f));
}

fn to_type(x : f32, kind : u32) -> f32 {
  if (kind == 1u) { return bitcast<f32>(round_bits(bitcast<u32>(x), 16u)); }
  if (kind == 2u) { return to_half(x); }
  return x;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let i = id.y * u.stride + id.x;
  if (id.x >= u.stride || i >= u.count) { return; }
  let theta = weights[i];
  var projected = inside[i];
  if (MODE == 1u) { projected = update[i] - projected; }
  if (MODE == 2u) { projected = -projected; }
  projected = to_type(projected * u.inverse_scale, CAST);
  if (CHANGE && STORAGE == 3u) {
    result[i] = projected * u.scale;
    return;
  }
  let sum = bitcast<f32>(bitcast<u32>(theta + projected) ^ u.zero);
  let stored = to_type(sum, STORAGE);
  result[i] = select(stored, (stored - theta) * u.scale, CHANGE);
}
