/**
 * WGSL that declares an f32 read-write storage binding `name`: `<name>_at(i)` and `<name>_at4(i)` read element i and
 * elements i … i + 3, `<name>_set4(i, left, values)` writes as many of four as there are `left`.
 * @param aligned true when every i given to the last two is a multiple of 4 and so is every `left`: those are then single
 *   accesses.
 */
export function writeAccess(name: string, binding: number, aligned: boolean): string {
  const declaration = `@group(0) @binding(${binding}) var<storage, read_write> ${name} :`;
  if (aligned) {
    return `${declaration} array<vec4f>;
fn ${name}_at(i : u32) -> f32 { return ${name}[i >> 2u][i & 3u]; }
fn ${name}_at4(i : u32) -> vec4f { return ${name}[i >> 2u]; }
fn ${name}_set4(i : u32, left : u32, values : vec4f) { ${name}[i >> 2u] = values; }`;
  }
  return `${declaration} array<f32>;
fn ${name}_at(i : u32) -> f32 { return ${name}[i]; }
fn ${name}_at4(i : u32) -> vec4f { return vec4f(${name}[i], ${name}[i + 1u], ${name}[i + 2u], ${name}[i + 3u]); }
fn ${name}_set4(i : u32, left : u32, values : vec4f) {
  for (var j = 0u; j < min(left, 4u); j++) { ${name}[i + j] = values[j]; }
}`;
}
