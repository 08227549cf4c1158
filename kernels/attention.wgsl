// Grouped-query attention: o = softmax(q·kᵀ/√HEAD_DIM)·v by online softmax, {{key}} keys at a time.
//
// The GROUP query heads of a key head count as queries of their own: a tile of n rows has n·GROUP queries; query i is row
// i/GROUP, head i%GROUP of the group, and sees the first `seen` + i/GROUP keys. One workgroup a (tile, key head).
//   q, k, v      rows of `*_stride` numbers, heads of HEAD_DIM numbers from column `*_offset` on
//   tiles        (first query row, rows, first key row, seen) a tile; rows·GROUP ≤ workgroup_size·{{query}}
//   o            [rows, heads·HEAD_DIM]
//   log_sum_exp  [rows, heads], of the scaled scores
// An invocation holds {{query}} queries and their outputs in registers. Storage loads are what costs: {{lane}} lanes load one
// vec4 of the keys' (and values') columns each and hand them round, {{part}} times.
// Tolerance: 2e-6 of the largest |v|. Cost: 4·HEAD_DIM flop a pair of query and key of the tile.
{{enable}}
override HEAD_DIM : u32;
override GROUP : u32;
override INVOCATIONS : u32;
const VECTORS = {{vector}}u; // of 4 columns, the last filled up with zeros
const KEYS = {{key}}u;

struct Uniforms {
  q_stride : u32, q_offset : u32, k_stride : u32, k_offset : u32, v_stride : u32, v_offset : u32, kv_heads : u32,
  scale : f32,
}

{{q}}
{{k}}
{{v}}
@group(0) @binding(3) var<storage, read> tiles : array<vec4u>;
{{o}}
@group(0) @binding(5) var<storage, read_write> log_sum_exp : array<f32>;
@group(0) @binding(6) var<uniform> u : Uniforms;

const lowest = -3.0e38;

{{> inside}}
// The columns of a head's vector of four that are the head's.
fn columns(x : vec4f, vector : u32) -> vec4f { return inside(x, 4u * vector, HEAD_DIM, 0f); }

fn store(start : u32, vector : u32, x : vec4f) { o_set4(start + 4u * vector, HEAD_DIM - 4u * vector, x); }

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) id : vec3u, @builtin(local_invocation_index) invocation : u32{{lane_parameter}}) {
  let tile = tiles[id.x];
  let kv_head = id.y;
  let queries = tile.y * GROUP;
  let keys = tile.w + tile.y - 1u;
  let first = invocation * {{query}}u;
  {{#query}}// Invocations beyond the tile repeat its last query and store nothing.
  let i$query = min(first + $queryu, queries - 1u);
  let row$query = tile.x + i$query / GROUP;
  let head$query = kv_head * GROUP + i$query % GROUP;
  let seen$query = tile.w + i$query / GROUP;
  var query$query : array<vec4f, VECTORS>;
  var out$query : array<vec4f, VECTORS>;
  {{#vector}}query$query[$vector] = columns(q_at4(row$query * u.q_stride + u.q_offset + head$query * HEAD_DIM + 4u * $vectoru), $vectoru);
  {{/vector}}
  var max$query = lowest;
  var sum$query = 0.0;
  {{/query}}

  for (var j = 0u; j < keys; j += KEYS) {
    {{#part}}
    let vector$part = ($part * {{lane}}u + {{lane_index}}) % VECTORS;
    let key_row$part = tile.z + min(j + ($part * {{lane}}u + {{lane_index}}) / VECTORS, keys - 1u);
    let k$part = columns(k_at4(key_row$part * u.k_stride + u.k_offset + kv_head * HEAD_DIM + 4u * vector$part), vector$part);
    let v$part = columns(v_at4(key_row$part * u.v_stride + u.v_offset + kv_head * HEAD_DIM + 4u * vector$part), vector$part);
    {{/part}}
    {{#query}}var s$query = array<f32, KEYS>();
    {{/query}}
    {{#part}}{{#lane}}{
      const key = ($part * {{lane}} + $lane) / VECTORS;
      const vector = ($part * {{lane}} + $lane) % VECTORS;
      let x = {{spread}}(k$part, $laneu);
      {{#query}}s$query[key] += dot(query$query[vector], x);
      {{/query}}
    }{{/lane}}{{/part}}
    {{#query}}{
      var largest = max$query;
      {{#key}}s$query[$key] = select(lowest, s$query[$key] * u.scale, j + $keyu < seen$query);
      largest = max(largest, s$query[$key]);
      {{/key}}
      let factor = exp(max$query - largest);
      max$query = largest;
      sum$query *= factor;
      {{#key}}s$query[$key] = exp(s$query[$key] - largest);
      sum$query += s$query[$key];
      {{/key}}
      {{#vector}}out$query[$vector] *= factor;
      {{/vector}}
    }{{/query}}
    {{#part}}{{#lane}}{
      const key = ($part * {{lane}} + $lane) / VECTORS;
      const vector = ($part * {{lane}} + $lane) % VECTORS;
      let x = {{spread}}(v$part, $laneu);
      {{#query}}out$query[vector] += s$query[key] * x;
      {{/query}}
    }{{/lane}}{{/part}}
  }
  {{#query}}if (first + $queryu < queries) {
    let at = row$query * u.kv_heads * GROUP + head$query;
    {{#vector}}store(at * HEAD_DIM, $vectoru, out$query[$vector] / sum$query);
    {{/vector}}
    log_sum_exp[at] = max$query + log(sum$query);
  }
  {{/query}}
}
