// x[i] where column + i < columns, else `outside`: what of a vector of four lies in its row.
fn inside(x : vec4f, column : u32, columns : u32, outside : f32) -> vec4f {
  return select(vec4f(outside), x, column + vec4u(0u, 1u, 2u, 3u) < vec4u(columns));
}
