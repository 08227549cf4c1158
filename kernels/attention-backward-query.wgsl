// Gradient of grouped-query attention with respect to its queries:
//   p = exp(q·kᵀ/√HEAD_DIM − log_sum_exp), ds = p ⊙ (d_out·vᵀ − delta)/√HEAD_DIM, dq = ds·k, delta = rowsum(d_out ⊙ out).
//
// Queries, tiles and the sharing of loads are those of attention.wgsl; queries and keys are rows of one matrix.
//   qkv           [rows, (HEADS + 2·KV_HEADS)·HEAD_DIM], queries, keys and values side by side
//   out, d_out    [rows, HEADS·HEAD_DIM]      log_sum_exp  [rows, HEADS]
//   tiles         (first row, rows, first key row, keys that the first row sees)
//   d_qkv         as qkv; only the columns of the queries are written      delta  [rows, HEADS], for the keys' kernel
// Tolerance: 4e-6 of the largest |dq|. Cost: 6·HEAD_DIM flop a pair of query and key of the tile.
{{enable}}
override HEAD_DIM : u32;
override HEADS : u32;
override KV_HEADS : u32;
override INVOCATIONS : u32;
override GROUP = HEADS / KV_HEADS;
override STRIDE = (HEADS + 2u * KV_HEADS) * HEAD_DIM;
const VECTORS = {{vector}}u; // of 4 columns, the last filled up with zeros
const KEYS = {{key}}u;

struct Uniforms { scale : f32 }

{{qkv}}
{{out}}
{{d_out}}
@group(0) @binding(3) var<storage, read> log_sum_exp : array<f32>;
@group(0) @binding(4) var<storage, read> tiles : array<vec4u>;
{{d_qkv}}
@group(0) @binding(6) var<storage, read_write> delta : array<f32>;
@group(0) @binding(7) var<uniform> u : Uniforms;

{{> inside}}
// The columns of a head's vector of four that are the head's.
fn columns(x : vec4f, vector : u32) -> vec4f { return inside(x, 4u * vector, HEAD_DIM, 0f); }

fn store(start : u32, vector : u32, x : vec4f) { d_qkv_set4(start + 4u * vector, HEAD_DIM - 4u * vector, x); }

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
  let at$query = row$query * HEADS + head$query;
  let seen$query = tile.w + i$query / GROUP;
  let lse$query = log_sum_exp[at$query];
  var delta$query = 0.0;
  var query$query : array<vec4f, VECTORS>;
  var d_out$query : array<vec4f, VECTORS>;
  var dq$query : array<vec4f, VECTORS>;
  {{#vector}}query$query[$vector] = columns(qkv_at4(row$query * STRIDE + head$query * HEAD_DIM + 4u * $vectoru), $vectoru);
  d_out$query[$vector] = columns(d_out_at4(at$query * HEAD_DIM + 4u * $vectoru), $vectoru);
  delta$query += dot(d_out$query[$vector], columns(out_at4(at$query * HEAD_DIM + 4u * $vectoru), $vectoru));
  {{/vector}}
  {{/query}}

  for (var j = 0u; j < keys; j += KEYS) {
    {{#part}}
    let vector$part = ($part * {{lane}}u + {{lane_index}}) % VECTORS;
    let key_row$part = tile.z + min(j + ($part * {{lane}}u + {{lane_index}}) / VECTORS, keys - 1u);
    let k$part = columns(qkv_at4(key_row$part * STRIDE + (HEADS + kv_head) * HEAD_DIM + 4u * vector$part), vector$part);
    let v$part = columns(qkv_at4(key_row$part * STRIDE + (HEADS + KV_HEADS + kv_head) * HEAD_DIM + 4u * vector$part), vector$part);
    {{/part}}
    {{#query}}var s$query = array<f32, KEYS>();
    var dp$query = array<f32, KEYS>();
    {{/query}}
    {{#part}}{{#lane}}{
      const key = ($part * {{lane}} + $lane) / VECTORS;
      const vector = ($part * {{lane}} + $lane) % VECTORS;
      let key_x = {{spread}}(k$part, $laneu);
      let value_x = {{spread}}(v$part, $laneu);
      {{#query}}s$query[key] += dot(query$query[vector], key_x);
      dp$query[key] += dot(d_out$query[vector], value_x);
      {{/query}}
    }{{/lane}}{{/part}}
    {{#query}}{{#key}}{
      let p = exp(s$query[$key] * u.scale - lse$query);
      s$query[$key] = select(0.0, p * (dp$query[$key] - delta$query) * u.scale, j + $keyu < seen$query);
    }{{/key}}{{/query}}
    {{#part}}{{#lane}}{
      const key = ($part * {{lane}} + $lane) / VECTORS;
      const vector = ($part * {{lane}} + $lane) % VECTORS;
      let key_x = {{spread}}(k$part, $laneu);
      {{#query}}dq$query[vector] += s$query[key] * key_x;
      {{/query}}
    }{{/lane}}{{/part}}
  }
  {{#query}}if (first + $queryu < queries) {
    {{#vector}}store(row$query * STRIDE + head$query * HEAD_DIM, $vectoru, dq$query[$vector]);
    {{/vector}}
    delta[at$query] = delta$query;
  }
  {{/query}}
}
