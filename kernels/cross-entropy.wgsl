// Cross-entropy over a window of the vocabulary by online log-sum-exp, row by row; windows come in order.
//   max' = max(max, logits), sum' = sum·e^(max − max') + Σ e^(logits − max'), picked = logit of the target;
//   after the last window log_sum_exp = max + log sum and loss = log_sum_exp − picked.
//
// logits: [rows, columns] f32, the window [first, first + columns) of the vocabulary; targets: [rows] token ids;
// state: (max, sum, picked) a row; log_sum_exp: [rows]; losses: [rows] from element `losses_start` on.
// Tolerance: 1e-6·(1 + |loss|). Cost: 2 numbers read an element.
override FIRST : bool;
override LAST : bool;

struct Uniforms { rows : u32, columns : u32, first : u32, losses_start : u32 }

{{logits}}
@group(0) @binding(1) var<storage, read> targets : array<u32>;
@group(0) @binding(2) var<storage, read_write> state : array<vec4f>;
@group(0) @binding(3) var<storage, read_write> log_sum_exp : array<f32>;
@group(0) @binding(4) var<storage, read_write> losses : array<f32>;
@group(0) @binding(5) var<uniform> u : Uniforms;

{{> lane-sum}}
{{> inside}}
const lowest = -3.0e38;

@compute @workgroup_size(LANES, ROWS)
fn main(
  @builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_id) local : vec3u, @builtin(local_invocation_index) index : u32,
) {
  let row = (group.y * groups.x + group.x) * ROWS + local.y;
  let start = row * u.columns;
  var largest = vec4f(lowest);
  if (row < u.rows) {
    for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
      largest = max(largest, inside(logits_at4(start + c), c, u.columns, lowest));
    }
  }
  partial[index] = max(max(largest.x, largest.y), max(largest.z, largest.w));
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.x < half) { partial[index] = max(partial[index], partial[index + half]); }
  }
  workgroupBarrier();
  let before = vec4f(lowest, 0.0, 0.0, 0.0);
  var old = before;
  if (!FIRST && row < u.rows) { old = state[row]; }
  let maximum = max(old.x, partial[local.y * LANES]);
  workgroupBarrier();
  var sums = vec4f();
  if (row < u.rows) {
    for (var c = 4u * local.x; c < u.columns; c += 4u * LANES) {
      sums += exp(inside(logits_at4(start + c), c, u.columns, lowest) - maximum);
    }
  }
  let added = lane_sum(sums.x + sums.y + sums.z + sums.w, local, index);
  if (row >= u.rows || local.x > 0u) { return; }
  let sum = old.y * exp(old.x - maximum) + added;
  var picked = old.z;
  let target_column = targets[row] - u.first;
  if (targets[row] >= u.first && target_column < u.columns) { picked = logits_at(start + target_column); }
  if (LAST) {
    log_sum_exp[row] = maximum + log(sum);
    losses[u.losses_start + row] = maximum + log(sum) - picked;
  } else {
    state[row] = vec4f(maximum, sum, picked, 0.0);
  }
}
