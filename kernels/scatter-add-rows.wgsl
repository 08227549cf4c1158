// Gradient of an embedding: y[token[t] − first] += Σ x[row] over the rows of token t, in the rows' order, so that equal input
// gives
// equal bits. One invocation four columns of a token.
//
// x: [rows, columns] f32; tokens: [count] different token ids; starts: [count + 1] into `rows`, the rows sorted by token;
// y: a window of the matrix from row `first` on, f32. Tokens `begin` … `begin` + `count` − 1 of the list lie in the window.
// Tolerance: 1e-7·√n of Σ|x| for n rows of a token. Cost: 1 number read an element.
struct Uniforms { columns : u32, first : u32, begin : u32, count : u32 }

{{x}}
@group(0) @binding(1) var<storage, read> tokens : array<u32>;
@group(0) @binding(2) var<storage, read> starts : array<u32>;
@group(0) @binding(3) var<storage, read> rows : array<u32>;
{{y}}
@group(0) @binding(5) var<uniform> u : Uniforms;

{{> row-vectors}}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let at_row = row_vector(group, groups, lane, u.columns);
  if (at_row.row >= u.count) { return; }
  let t = u.begin + at_row.row;
  let c = at_row.column;
  let at = (tokens[t] - u.first) * u.columns + c;
  var sum = y_at4(at);
  for (var j = starts[t]; j < starts[t + 1u]; j++) { sum += x_at4(rows[j] * u.columns + c); }
  y_set4(at, u.columns - c, sum);
}
