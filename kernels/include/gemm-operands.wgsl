// Operands of a product as dispatchGemm of src/linalg/device/gemm-dispatch.ts binds them: first element, elements from row to
// row and
// from matrix to matrix of a batch.
struct Uniforms {
  m : u32, n : u32, k : u32,
  a_start : u32, a_stride : u32, a_batch : u32,
  b_start : u32, b_stride : u32, b_batch : u32,
  c_start : u32, c_stride : u32, c_batch : u32,
  alpha : f32, beta : f32,
  // = LANES, for loops whose bounds compilers do not know
  lanes : u32,
}

{{a}}
{{b}}
{{c}}
@group(0) @binding(3) var<uniform> u : Uniforms;
