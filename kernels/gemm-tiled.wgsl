// C = alpha·op(A)·op(B) + beta·C for hardware adapters: 64 × 64 tiles of C, operands staged in workgroup memory.
//
// Same operands, uniforms and order of summation as gemm.wgsl (`lanes` is not used). A workgroup of 16 × 16 invocations makes
// a tile; each
// invocation holds 4 rows × 4 columns. k advances by 16; what lies outside of the matrices is staged as 0.
// Tolerance: as gemm.wgsl. Oracle: test/device/linalg/device/gemm.test.ts. Cost: 2·m·n·k flop; speed: test/bench/gemm.ts.
override K_BLOCK : u32;

const TILE = 64u;
const DEPTH = 16u;

{{> gemm-operands}}
// op(A)[row, k] at k·16 + row / 4, component row % 4; op(B)[k, column] likewise.
var<workgroup> a_tile : array<vec4f, 256>;
var<workgroup> b_tile : array<vec4f, 256>;

fn a_value(start : u32, row : u32, k : u32) -> f32 {
  if (row >= u.m || k >= u.k) { return 0f; }
  return a_at(start + {{#a_plain}}row * u.a_stride + k{{/a_plain}}{{#a_transposed}}k * u.a_stride + row{{/a_transposed}});
}

fn b_value(start : u32, k : u32, column : u32) -> f32 {
  if (column >= u.n || k >= u.k) { return 0f; }
  return b_at(start + {{#b_plain}}k * u.b_stride + column{{/b_plain}}{{#b_transposed}}column * u.b_stride + k{{/b_transposed}});
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_id) local : vec3u,
        @builtin(local_invocation_index) index : u32) {
  let a_start = u.a_start + group.z * u.a_batch;
  let b_start = u.b_start + group.z * u.b_batch;
  let row = group.y * TILE + local.y * 4u;
  let column = group.x * TILE + local.x * 4u;
  // Neighbouring invocations stage neighbouring memory: along k where rows are contiguous in k, else along the tile.
  {{#a_plain}}let a_k = index % DEPTH; let a_part = index / DEPTH;{{/a_plain}}
  {{#a_transposed}}let a_k = index / DEPTH; let a_part = index % DEPTH;{{/a_transposed}}
  {{#b_plain}}let b_k = index / DEPTH; let b_part = index % DEPTH;{{/b_plain}}
  {{#b_transposed}}let b_k = index % DEPTH; let b_part = index / DEPTH;{{/b_transposed}}
  let a_row = group.y * TILE + a_part * 4u;
  let b_column = group.x * TILE + b_part * 4u;

  for (var block = 0u; block < u.k; block += K_BLOCK) {
    let block_end = min(block + K_BLOCK, u.k);
    var sum0 = vec4f(); var sum1 = vec4f(); var sum2 = vec4f(); var sum3 = vec4f();
    for (var k = block; k < block_end; k += DEPTH) {
      let ak = k + a_k;
      let bk = k + b_k;
      a_tile[a_k * 16u + a_part] = vec4f(a_value(a_start, a_row, ak), a_value(a_start, a_row + 1u, ak),
                                         a_value(a_start, a_row + 2u, ak), a_value(a_start, a_row + 3u, ak));
      b_tile[b_k * 16u + b_part] = vec4f(b_value(b_start, bk, b_column), b_value(b_start, bk, b_column + 1u),
                                         b_value(b_start, bk, b_column + 2u), b_value(b_start, bk, b_column + 3u));
      workgroupBarrier();
      for (var step = 0u; step < DEPTH; step++) {
        let a = a_tile[step * 16u + local.y];
        let b = b_tile[step * 16u + local.x];
        sum0 += a.x * b;
        sum1 += a.y * b;
        sum2 += a.z * b;
        sum3 += a.w * b;
      }
      workgroupBarrier();
    }
    let beta = select(1f, u.beta, block == 0u);
    let columns = u.n - min(u.n, column);
    let c_start = u.c_start + group.z * u.c_batch + row * u.c_stride + column;
    if (row < u.m) { c_add(c_start, columns, u.alpha * sum0, beta); }
    if (row + 1u < u.m) { c_add(c_start + u.c_stride, columns, u.alpha * sum1, beta); }
    if (row + 2u < u.m) { c_add(c_start + 2u * u.c_stride, columns, u.alpha * sum2, beta); }
    if (row + 3u < u.m) { c_add(c_start + 3u * u.c_stride, columns, u.alpha * sum3, beta); }
  }
}
