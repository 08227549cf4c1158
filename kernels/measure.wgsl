// What must be known of a tensor before its numbers are trusted: Σx², max |x| over the finite elements, and how many are not.
//   x       [n] f32, or bf16 or f16 pairs
//   partial [LANES_TOTAL] (sum, its error, largest, non-finite count): the host adds up in f64
// Each lane takes every LANES_TOTALth group of four elements. The sum is compensated: x² = h² + 2hl + l² with h the upper 12
// bits of the mantissa of x is exact term by term, and the rounding error of every addition is kept. Compilers drop such
// corrections (lavapipe) unless each operation passes a barrier: `exact`, an exclusive or with a zero that they do not know.
// NaN and infinities are found by bits: comparisons do not see NaN on every driver.
// Tolerance: 1e-9 relative for 2^-50 < |x| < 2^50. Cost: one read and about 60 operations an element.
struct Uniforms { n : u32, lanes : u32, groups_x : u32, zero : u32 }

struct Partial { sum : f32, error : f32, largest : u32, nonfinite : u32 }

{{x}}
@group(0) @binding(1) var<storage, read_write> partial : array<Partial>;
@group(0) @binding(2) var<uniform> u : Uniforms;

{{> float-bits}}
fn exact(value : f32) -> f32 { return bitcast<f32>(bitcast<u32>(value) ^ u.zero); }

// sum + term = (x, y) without error (Knuth's TwoSum).
fn two_sum(sum : f32, term : f32) -> vec2f {
  let total = exact(sum + term);
  let taken = exact(total - sum);
  let kept = exact(total - taken);
  return vec2f(total, exact(exact(sum - kept) + exact(term - taken)));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) index : u32) {
  let lane = (group.y * u.groups_x + group.x) * 64u + index;
  if (lane >= u.lanes) { return; }
  var sum = vec2f();
  var largest = 0u;
  var nonfinite = 0u;
  for (var i = lane * 4u; i < u.n; i += u.lanes * 4u) {
    let all = x_bits4(i);
    for (var j = 0u; j < min(4u, u.n - i); j++) {
      let bits = all[j];
      let magnitude = bits & 0x7fffffffu;
      if (is_nonfinite(bits)) { nonfinite++; continue; }
      largest = max(largest, magnitude);
      let high = bitcast<f32>(bits & 0xfffff000u);
      let low = exact(bitcast<f32>(bits) - high);
      let first = two_sum(sum.x, exact(high * high));
      let second = two_sum(first.x, exact(2f * high * low));
      sum = vec2f(second.x, sum.y + first.y + second.y + low * low);
    }
  }
  partial[lane] = Partial(sum.x, sum.y, largest, nonfinite);
}
