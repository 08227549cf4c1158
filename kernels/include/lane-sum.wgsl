// The sum of a value over the LANES invocations that share a row, ROWS rows a workgroup, by halves: always in the same order.
// Every invocation of the workgroup calls it; between two uses of `partial` stands a barrier.
override LANES : u32;
override ROWS : u32;

var<workgroup> partial : array<f32, LANES * ROWS>;

fn lane_sum(value : f32, local : vec3u, index : u32) -> f32 {
  partial[index] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.x < half) { partial[index] += partial[index + half]; }
  }
  workgroupBarrier();
  return partial[local.y * LANES];
}
