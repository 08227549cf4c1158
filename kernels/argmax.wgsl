// The largest logit of every row over a vocabulary, window by window in order: the greedy choice. Of equal logits the lowest
// token wins; a row with a NaN or an infinity anywhere gets `none`, found by bits: comparisons do not see NaN on every driver.
//
// logits: [rows, columns] f32, the window [first, first + columns) of the vocabulary; best: (bits of the logit, token) a row,
// between windows and as the result. Tolerance: 0, exact. Cost: 1 number read an element.
override LANES : u32;
override ROWS : u32;
override FIRST : bool;

struct Uniforms { rows : u32, columns : u32, first : u32 }

{{logits}}
@group(0) @binding(1) var<storage, read_write> best : array<vec2u>;
@group(0) @binding(2) var<uniform> u : Uniforms;

const none = 0xffffffffu;
const lowest = -3.4028234e38;

var<workgroup> partial : array<vec2u, LANES * ROWS>;

fn better(a : vec2u, b : vec2u) -> vec2u {
  if (a.y == none || b.y == none) { return vec2u(0u, none); }
  let x = bitcast<f32>(a.x);
  let y = bitcast<f32>(b.x);
  return select(a, b, y > x || (y == x && b.y < a.y));
}

{{> float-bits}}
@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_id) local : vec3u, @builtin(local_invocation_index) index : u32,
) {
  let row = (group.y * groups.x + group.x) * ROWS + local.y;
  // Loses against every finite logit: among equals the lower token wins.
  var mine = vec2u(bitcast<u32>(lowest), none - 1u);
  if (row < u.rows) {
    for (var c = local.x; c < u.columns; c += LANES) {
      let bits = bitcast<u32>(logits_at(row * u.columns + c));
      mine = better(mine, vec2u(bits, select(u.first + c, none, is_nonfinite(bits))));
    }
  }
  partial[index] = mine;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.x < half) { partial[index] = better(partial[index], partial[index + half]); }
  }
  workgroupBarrier();
  if (local.x > 0u || row >= u.rows) { return; }
  var result = partial[index];
  if (!FIRST) { result = better(best[row], result); }
  best[row] = result;
}
