// The four neighbouring columns of a row that one invocation of an elementwise kernel works at: 64 invocations a workgroup,
// workgroups folded into two dimensions (elementwiseGrid in src/nn/kernel-shape.ts). The last vector of a row may be cut short.
struct RowVector { row : u32, column : u32 }

fn row_vector(group : vec3u, groups : vec3u, lane : u32, columns : u32) -> RowVector {
  let vectors = (columns + 3u) / 4u;
  let index = (group.y * groups.x + group.x) * 64u + lane;
  return RowVector(index / vectors, (index % vectors) * 4u);
}
