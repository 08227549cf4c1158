// C = alpha·op(A)·op(B) + beta·C for software adapters: one subgroup a workgroup; batched along z.
//
// op(A): [m, k], op(B): [k, n], C: [m, n] f32, all row-major with a row stride. A is stored [m, k], or [k, m] if transposed;
// B is stored [k, n], or [n, k] if transposed. A and B are f32, or bf16 or f16 packed in u32.
// A workgroup makes {{row}} rows × {{part}} parts of 4·LANES columns of C: a lane holds four neighbouring columns of every row
// and part in registers (text, since WGSL cannot index registers at run time). For LANES steps of k it loads each value of A
// once a subgroup, one a lane, and spreads it by a subgroup operation: loads that differ between lanes, not arithmetic, are
// what CPU drivers spend their time on. Loop bounds are such that compilers do not know them, or they would unroll.
//
// Sums run over k in order, in blocks of K_BLOCK that are added up in C: the bits of an element do not depend on m, n or the
// tile, and the rounding error grows with sqrt(K_BLOCK) + sqrt(k / K_BLOCK) instead of sqrt(k).
//
// Tolerance: 8·2⁻²⁴ of |beta·C| + Σ|alpha·a·b|. Oracle: test/device/linalg/device/gemm.test.ts. Cost: 2·m·n·k flop; speed: test/bench/gemm.ts.
enable subgroups;

override LANES : u32;
override K_BLOCK : u32;

{{> gemm-operands}}
{{#b_plain}}
// op(B)[k, four neighbouring columns]
fn b_values(columns : u32, k : u32) -> vec4f { return b_at4(columns + k * u.b_stride); }
{{/b_plain}}
{{#b_transposed}}
fn b_values(columns : vec4u, k : u32) -> vec4f {
  let at = columns + k;
  return vec4f(b_at(at.x), b_at(at.y), b_at(at.z), b_at(at.w));
}
{{/b_transposed}}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(subgroup_invocation_id) lane : u32) {
  let row = group.y * {{row}}u;
  // Rows and columns outside of the matrix load what is inside and store nothing.
  let last_row = u.m - 1u;
  let last_column = u.n - 1u;
  let a_start = u.a_start + group.z * u.a_batch;
  let b_start = u.b_start + group.z * u.b_batch;
  {{#row}}let a_row$row = a_start + min(row + $rowu, last_row){{#a_plain}} * u.a_stride{{/a_plain}};
  {{/row}}
  {{#part}}let column$part = ((group.x * {{part}}u + $partu) * LANES + lane) * 4u;
  {{#b_plain}}let b_part$part = b_start + min(column$part, last_column);{{/b_plain}}
  {{#b_transposed}}let b_part$part = b_start + min(column$part + vec4u(0u, 1u, 2u, 3u), vec4u(last_column)) * u.b_stride;{{/b_transposed}}
  {{/part}}
  for (var block = 0u; block < u.k; block += K_BLOCK) {
    let block_end = min(block + K_BLOCK, u.k);
    {{#row}}{{#part}}var sum$row_$part = vec4f(); {{/part}}
    {{/row}}
    for (var k = block; k < block_end; k += LANES) {
      let own_k = min(k + lane, u.k - 1u){{#a_transposed}} * u.a_stride{{/a_transposed}};
      {{#row}}var a$row = a_at(a_row$row + own_k);
      {{/row}}
      {{#rolled}}
      let steps = min(u.lanes, block_end - k);
      for (var step = 0u; step < steps; step++) {
        {{#part}}let b$part = b_values(b_part$part, k + step);
        {{/part}}
        {{#row}}{ let a = subgroupShuffle(a$row, step); {{#part}}sum$row_$part += a * b$part; {{/part}} }
        {{/row}}
      }
      {{/rolled}}
      {{#unrolled}}
      // Lanes beyond the last k contribute 0 times the last row of op(B).
      {{#k_tail}}if (k + lane >= u.k) { {{#row}}a$row = 0f; {{/row}} }{{/k_tail}}
      {{#lane}}{
        {{#part}}let b$part = b_values(b_part$part, {{#k_tail}}min(k + $laneu, u.k - 1u){{/k_tail}}{{#k_whole}}k + $laneu{{/k_whole}});
        {{/part}}
        {{#row}}{ let a = subgroupBroadcast(a$row, $laneu); {{#part}}sum$row_$part += a * b$part; {{/part}} }
        {{/row}}
      }
      {{/lane}}
      {{/unrolled}}
    }
    let beta = select(1f, u.beta, block == 0u);
    let row_end = min(row + {{row}}u, u.m);
    let c_start = u.c_start + group.z * u.c_batch ;
    {{#part}}{
      let columns = u.n - min(u.n, column$part);
      var sums = array<vec4f, {{row}}>({{#row}}sum$row_$part, {{/row}});
      for (var r = row; r < row_end; r++) { c_add(c_start + r * u.c_stride + column$part, columns, u.alpha * sums[r - row], beta); }
    }
    {{/part}}
  }
}
