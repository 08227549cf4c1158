/** Element types that kernels read. bf16 and f16 are storage formats: two to a u32, the first in the low half. */
export type ElementType = 'F32' | 'BF16' | 'F16';

export const elementBytes: Readonly<Record<ElementType, 2 | 4>> = { F32: 4, BF16: 2, F16: 2 };

/**
 * WGSL that declares a read-only storage binding `name` and reads it as f32: `<name>_at(i)` gives element i, `<name>_at4(i)`
 * elements i … i + 3, `<name>_bits4(i)` the bits of these as f32: exact where arithmetic would flush subnormals.
 * @param aligned true when every i given to `<name>_at4` is a multiple of 4: those are then single loads.
 * @param through what `<name>_at4` gives in place of an element `x`, such as `x + 1f`: the binding is then `stored_<name>`
 */
export function readAccess(
  name: string,
  binding: number,
  type: ElementType,
  aligned: boolean,
  through?: string,
): string {
  if (through !== undefined) {
    return `${readAccess(`stored_${name}`, binding, type, aligned)}
fn ${name}_at4(i : u32) -> vec4f { let x = stored_${name}_at4(i); return ${through}; }`;
  }
  const { array, one, four } = (aligned ? alignedAccess : unalignedAccess)[type];
  return `@group(0) @binding(${binding}) var<storage, read> ${name} : array<${array}>;
fn ${name}_at(i : u32) -> f32 { return ${one(name)}; }
fn ${name}_at4(i : u32) -> vec4f { ${four(name)} }
fn ${name}_bits4(i : u32) -> vec4u { return bitcast<vec4u>(${name}_at4(i)); }`;
}

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

interface Access {
  readonly array: string;
  readonly one: (name: string) => string;
  readonly four: (name: string) => string;
}

const half = (word: string) => `bitcast<f32>((${word} >> (16u * (i & 1u))) << 16u)`;
const oneByOne = (name: string) => `return vec4f(${[0, 1, 2, 3].map((j) => `${name}_at(i + ${j}u)`).join(', ')});`;

const alignedAccess: Readonly<Record<ElementType, Access>> = {
  F32: {
    array: 'vec4f',
    one: (name) => `${name}[i >> 2u][i & 3u]`,
    four: (name) => `return ${name}[i >> 2u];`,
  },
  BF16: {
    array: 'vec2u',
    one: (name) => half(`${name}[i >> 2u][(i >> 1u) & 1u]`),
    four: (name) =>
      `let w = ${name}[i >> 2u]; return bitcast<vec4f>(vec4u(w.x << 16u, w.x & 0xffff0000u, w.y << 16u, w.y & 0xffff0000u));`,
  },
  F16: {
    array: 'vec2u',
    one: (name) => `unpack2x16float(${name}[i >> 2u][(i >> 1u) & 1u])[i & 1u]`,
    four: (name) => `let w = ${name}[i >> 2u]; return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));`,
  },
};

const unalignedAccess: Readonly<Record<ElementType, Access>> = {
  F32: { array: 'f32', one: (name) => `${name}[i]`, four: oneByOne },
  BF16: { array: 'u32', one: (name) => half(`${name}[i >> 1u]`), four: oneByOne },
  F16: { array: 'u32', one: (name) => `unpack2x16float(${name}[i >> 1u])[i & 1u]`, four: oneByOne },
};
