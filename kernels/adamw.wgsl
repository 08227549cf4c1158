// One AdamW step (Loshchilov and Hutter, arXiv 1711.05101), two neighbouring weights an invocation:
//   g ← scale·g,  m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  w ← decay·w − rate·(m/c₁)/(√(v/c₂) + ε)
//   w         [n] f32, or bf16 pairs when WEIGHTS_BF16
//   m, v      [n] f32, or bf16 pairs when MOMENTS_BF16
//   g         [n] f32
//   rounded   [n] bf16 pairs: the new weights rounded, when COPY; else unused
//   nonfinite [1] count of weights that became NaN or infinite
// Arithmetic is f32; bf16 is rounded once, on storing: to nearest even, or up with the probability of what is cut off
// (STOCHASTIC; weights only), by bits that depend on (random, i). Tolerance: 4e-7 relative a step.
// Cost: 28 bytes a weight in f32, 16 in bf16.
override WEIGHTS_BF16 : bool = false;
override MOMENTS_BF16 : bool = false;
override COPY : bool = false;
override STOCHASTIC : bool = false;

struct Uniforms {
  n : u32, groups_x : u32, scale : f32, rate : f32, decay : f32, beta1 : f32, rest1 : f32, beta2 : f32, rest2 : f32,
  correction1 : f32, correction2 : f32, epsilon : f32, random : u32,
}

@group(0) @binding(0) var<storage, read_write> w : array<u32>;
@group(0) @binding(1) var<storage, read_write> m : array<u32>;
@group(0) @binding(2) var<storage, read_write> v : array<u32>;
@group(0) @binding(3) var<storage, read> g : array<f32>;
@group(0) @binding(4) var<storage, read_write> rounded : array<u32>;
@group(0) @binding(5) var<storage, read_write> nonfinite : array<atomic<u32>>;
@group(0) @binding(6) var<uniform> u : Uniforms;

fn unpack(pair : u32) -> vec2f { return vec2f(bitcast<f32>(pair << 16u), bitcast<f32>(pair & 0xffff0000u)); }

{{> float-bits}}
fn pack(x : vec2f) -> u32 { return bf16_bits(bitcast<u32>(x.x)) | (bf16_bits(bitcast<u32>(x.y)) << 16u); }

// lowbias32: a bijection of the 32-bit integers that looks random.
fn mix(value : u32) -> u32 {
  var x = value;
  x ^= x >> 16u; x *= 0x7feb352du; x ^= x >> 15u; x *= 0x846ca68bu; x ^= x >> 16u;
  return x;
}

fn stochastic(x : f32, random : u32) -> u32 {
  let bits = bitcast<u32>(x);
  if (is_nonfinite(bits)) { return bf16_bits(bits); }
  return (bits + random) >> 16u;
}

fn pack_weights(x : vec2f, i : u32) -> u32 {
  if (!STOCHASTIC) { return pack(x); }
  let random = mix(mix(i) ^ u.random);
  return stochastic(x.x, random & 0xffffu) | (stochastic(x.y, random >> 16u) << 16u);
}

fn pair_of(first : u32, second : u32) -> vec2f { return vec2f(bitcast<f32>(first), bitcast<f32>(second)); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = (group.y * u.groups_x + group.x) * 64u + lane;
  let first = 2u * i;
  if (first >= u.n) { return; }
  let both = first + 1u < u.n;
  let second = select(first, first + 1u, both);

  var weight : vec2f;
  if (WEIGHTS_BF16) { weight = unpack(w[i]); } else { weight = pair_of(w[first], w[second]); }
  var mean : vec2f;
  var square : vec2f;
  if (MOMENTS_BF16) { mean = unpack(m[i]); square = unpack(v[i]); }
  else { mean = pair_of(m[first], m[second]); square = pair_of(v[first], v[second]); }

  let gradient = u.scale * vec2f(g[first], g[second]);
  mean = u.beta1 * mean + u.rest1 * gradient;
  square = u.beta2 * square + u.rest2 * gradient * gradient;
  weight = u.decay * weight - u.rate * (mean / u.correction1) / (sqrt(square / u.correction2) + u.epsilon);

  if (MOMENTS_BF16) { m[i] = pack(mean); v[i] = pack(square); }
  else {
    m[first] = bitcast<u32>(mean.x); v[first] = bitcast<u32>(square.x);
    if (both) { m[second] = bitcast<u32>(mean.y); v[second] = bitcast<u32>(square.y); }
  }
  if (WEIGHTS_BF16) { w[i] = pack_weights(weight, i); }
  else {
    w[first] = bitcast<u32>(weight.x);
    if (both) { w[second] = bitcast<u32>(weight.y); }
  }
  if (COPY) { rounded[i] = pack(weight); }
  if (is_nonfinite(bitcast<u32>(weight.x))) { atomicAdd(&nonfinite[0], 1u); }
  if (both && is_nonfinite(bitcast<u32>(weight.y))) { atomicAdd(&nonfinite[0], 1u); }
}
