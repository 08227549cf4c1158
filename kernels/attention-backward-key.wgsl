// Gradient of grouped-query attention with respect to its keys and values:
//   p and ds as in attention-backward-query.wgsl; dv = pᵀ·d_out, dk = dsᵀ·q, summed over the queries that see the key and the
//   GROUP heads that share it, always in the same order.
//
//   qkv, d_out, log_sum_exp, delta   as in attention-backward-query.wgsl
//   tiles   (first key row, keys, end of the sequence's rows, unused) a tile; keys ≤ workgroup_size·{{key}}. Row r sees key j
//           of its sequence when j ≤ r.
//   d_qkv   as qkv; only the columns of the keys and values are written
// An invocation holds {{key}} keys, values and their gradients in registers; queries are read {{query}} at a time and shared
// among {{lane}} lanes as keys are in attention.wgsl. Query i of a tile is row i/GROUP after its first, head i%GROUP.
// Tolerance: 4e-6 of the largest |dk| or |dv|. Cost: 8·HEAD_DIM flop a pair of query and key of the tile.
{{enable}}
override HEAD_DIM : u32;
override HEADS : u32;
override KV_HEADS : u32;
override INVOCATIONS : u32;
override GROUP = HEADS / KV_HEADS;
override STRIDE = (HEADS + 2u * KV_HEADS) * HEAD_DIM;
const VECTORS = {{vector}}u; // of 4 columns, the last filled up with zeros
const QUERIES = {{query}}u;

struct Uniforms { scale : f32 }

{{qkv}}
{{d_out}}
@group(0) @binding(2) var<storage, read> log_sum_exp : array<f32>;
@group(0) @binding(3) var<storage, read> delta : array<f32>;
@group(0) @binding(4) var<storage, read> tiles : array<vec4u>;
{{d_qkv}}
@group(0) @binding(6) var<uniform> u : Uniforms;

{{> inside}}
// The columns of a head's vector of four that are the head's.
fn columns(x : vec4f, vector : u32) -> vec4f { return inside(x, 4u * vector, HEAD_DIM, 0f); }

fn store(start : u32, vector : u32, x : vec4f) { d_qkv_set4(start + 4u * vector, HEAD_DIM - 4u * vector, x); }

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) id : vec3u, @builtin(local_invocation_index) invocation : u32{{lane_parameter}}) {
  let tile = tiles[id.x];
  let kv_head = id.y;
  let queries = (tile.z - tile.x) * GROUP;
  let first = invocation * {{key}}u;
  {{#key}}// Invocations beyond the tile repeat its last key and store nothing.
  let key_row$key = tile.x + min(first + $keyu, tile.y - 1u);
  let k_start$key = key_row$key * STRIDE + (HEADS + kv_head) * HEAD_DIM;
  let v_start$key = k_start$key + KV_HEADS * HEAD_DIM;
  var key$key : array<vec4f, VECTORS>;
  var value$key : array<vec4f, VECTORS>;
  var dk$key : array<vec4f, VECTORS>;
  var dv$key : array<vec4f, VECTORS>;
  {{#vector}}key$key[$vector] = columns(qkv_at4(k_start$key + 4u * $vectoru), $vectoru);
  value$key[$vector] = columns(qkv_at4(v_start$key + 4u * $vectoru), $vectoru);
  {{/vector}}
  {{/key}}

  for (var j = 0u; j < queries; j += QUERIES) {
    {{#query}}let i$query = min(j + $queryu, queries - 1u);
    let row$query = tile.x + i$query / GROUP;
    let lse$query = log_sum_exp[row$query * HEADS + kv_head * GROUP + i$query % GROUP];
    let delta$query = delta[row$query * HEADS + kv_head * GROUP + i$query % GROUP];
    {{/query}}
    {{#part}}
    let vector$part = ($part * {{lane}}u + {{lane_index}}) % VECTORS;
    let own$part = min(j + ($part * {{lane}}u + {{lane_index}}) / VECTORS, queries - 1u);
    let own_row$part = tile.x + own$part / GROUP;
    let head$part = kv_head * GROUP + own$part % GROUP;
    let q$part = columns(qkv_at4(own_row$part * STRIDE + head$part * HEAD_DIM + 4u * vector$part), vector$part);
    let g$part = columns(d_out_at4((own_row$part * HEADS + head$part) * HEAD_DIM + 4u * vector$part), vector$part);
    {{/part}}
    {{#key}}var s$key = array<f32, QUERIES>();
    var dp$key = array<f32, QUERIES>();
    {{/key}}
    {{#part}}{{#lane}}{
      const query = ($part * {{lane}} + $lane) / VECTORS;
      const vector = ($part * {{lane}} + $lane) % VECTORS;
      let q = {{spread}}(q$part, $laneu);
      let g = {{spread}}(g$part, $laneu);
      {{#key}}s$key[query] += dot(key$key[vector], q);
      dp$key[query] += dot(value$key[vector], g);
      {{/key}}
    }{{/lane}}{{/part}}
    {{#key}}{{#query}}{
      let visible = j + $queryu < queries && row$query >= key_row$key;
      s$key[$query] = select(0.0, exp(s$key[$query] * u.scale - lse$query), visible);
      dp$key[$query] = s$key[$query] * (dp$key[$query] - delta$query) * u.scale;
    }{{/query}}{{/key}}
    {{#part}}{{#lane}}{
      const query = ($part * {{lane}} + $lane) / VECTORS;
      const vector = ($part * {{lane}} + $lane) % VECTORS;
      let q = {{spread}}(q$part, $laneu);
      let g = {{spread}}(g$part, $laneu);
      {{#key}}dk$key[vector] += dp$key[query] * q;
      dv$key[vector] += s$key[query] * g;
      {{/key}}
    }{{/lane}}{{/part}}
  }
  {{#key}}if (first + $keyu < tile.y) {
    {{#vector}}store(k_start$key, $vectoru, dk$key[$vector]);
    store(v_start$key, $vectoru, dv$key[$vector]);
    {{/vector}}
  }
  {{/key}}
}
