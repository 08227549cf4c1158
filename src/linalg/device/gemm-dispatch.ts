import { withVector } from '../../gpu/bind-groups.js';
import { type ElementType, elementBytes, readAccess } from '../../gpu/element-access.js';
import type { Binding, DeviceBuffer, Gpu } from '../../gpu/gpu.js';
import { type GemmVariant, gemmKernels } from './gemm-variants.js';

/** A stored matrix, or a batch of them, with everything spelled out; lengths in elements. */
export interface StoredMatrix {
  readonly buffer: DeviceBuffer;
  readonly type: ElementType;
  readonly rows: number;
  readonly columns: number;
  readonly offset: number;
  readonly stride: number;
  readonly batchStride: number;
}

/** C = alpha·op(A)·op(B) + beta·C with every operand within one binding. */
export interface GemmDispatch {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  readonly a: StoredMatrix;
  readonly b: StoredMatrix;
  readonly c: StoredMatrix;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
  readonly beta: number;
}

/** Terms of a sum that are added up before they go to C; a window along k must start at a multiple of it to keep the bits. */
export const kBlock = 256;
/** Offsets of bindings are multiples of this many bytes; what is left becomes an element offset in the kernel. */
export const windowAlignment = 256;

/** Elements from the first to behind the last one that a batch of matrices touches. */
export function span({ rows, columns, stride, batchStride }: StoredMatrix, batch: number): number {
  return (batch - 1) * batchStride + (rows - 1) * stride + columns;
}

/** Queues one product on the kernel of a variant. */
export function dispatchGemm(gpu: Gpu, product: GemmDispatch, variant: GemmVariant): void {
  const { m, n, k, batch, a, b, c, transposeA, transposeB, alpha, beta } = product;
  const [aWindow, bWindow, cWindow] = [window(a, batch), window(b, batch), window(c, batch)];
  const kernel = gemmKernels[variant];
  const tile = kernel.tile(m, n, gpu.subgroupSize);
  const { rows, columns, parts, lanes } = tile;
  gpu.dispatch({
    kernel: kernel.file,
    constants: { ...kernel.constants(tile), K_BLOCK: kBlock },
    text: kernelText({
      typeA: a.type,
      typeB: b.type,
      transposeA,
      transposeB,
      rows,
      parts,
      lanes,
      alignedB: kernel.readsVectorsOfB && !transposeB && aligned(b, bWindow.start),
      alignedC: aligned(c, cWindow.start) && n % 4 === 0,
      wholeK: k % kernel.stepsOfK(tile) === 0,
    }),
    bindings: [aWindow.binding, bWindow.binding, cWindow.binding],
    uniforms: [
      ...[m, n, k],
      ...[aWindow.start, a.stride, a.batchStride],
      ...[bWindow.start, b.stride, b.batchStride],
      ...[cWindow.start, c.stride, c.batchStride],
      { f32: alpha },
      { f32: beta },
      lanes,
    ],
    workgroups: [Math.ceil(n / columns), Math.ceil(m / rows), batch],
    flop: 2 * m * n * k * batch,
  });
}

/** What the text of a kernel depends on. */
interface TextChoice {
  readonly typeA: ElementType;
  readonly typeB: ElementType;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly rows: number;
  readonly parts: number;
  readonly lanes: number;
  /** Columns of B (of C) come in aligned groups of four. */
  readonly alignedB: boolean;
  readonly alignedC: boolean;
  /** k is a multiple of the steps that the kernel takes together. */
  readonly wholeK: boolean;
}

const texts = new Map<string, Readonly<Record<string, string>>>();

/** The replacements in gemm.wgsl and gemm-tiled.wgsl; the same object for the same choice. */
function kernelText(choice: TextChoice): Readonly<Record<string, string>> {
  const key = Object.values(choice).join();
  const known = texts.get(key);
  if (known !== undefined) return known;
  const section = (present: boolean) => (present ? '1' : '0');
  // Four lanes' steps fit into straight code, where a lane's value is spread by constant indices.
  const unrolled = choice.lanes === 4;
  const text = {
    a: readAccess('a', 0, choice.typeA, false),
    b: readAccess('b', 1, choice.typeB, choice.alignedB),
    c: choice.alignedC ? vectorStore : scalarStore,
    row: `${choice.rows}`,
    part: `${choice.parts}`,
    lane: `${choice.lanes}`,
    a_plain: section(!choice.transposeA),
    a_transposed: section(choice.transposeA),
    b_plain: section(!choice.transposeB),
    b_transposed: section(choice.transposeB),
    rolled: section(!unrolled),
    unrolled: section(unrolled),
    k_tail: section(!choice.wholeK),
    k_whole: section(choice.wholeK),
  };
  texts.set(key, text);
  return text;
}

function aligned({ stride, batchStride }: StoredMatrix, start: number): boolean {
  return stride % 4 === 0 && batchStride % 4 === 0 && start % 4 === 0;
}

/** The part of a buffer that a matrix occupies, and the element of it where the matrix starts. */
function window(matrix: StoredMatrix, batch: number): { binding: Binding; start: number } {
  const elementSize = elementBytes[matrix.type];
  const offset = Math.floor((matrix.offset * elementSize) / windowAlignment) * windowAlignment;
  const start = matrix.offset - offset / elementSize;
  const bytes = withVector((start + span(matrix, batch)) * elementSize);
  return { binding: { of: matrix.buffer, offset, bytes }, start };
}

/** `c_add(i, count, value, beta)`: C[i … i + min(count, 4) − 1] = beta·C + value. C is not read when beta is 0. */
const vectorStore = `@group(0) @binding(2) var<storage, read_write> c : array<vec4f>;
fn c_add(i : u32, count : u32, value : vec4f, beta : f32) {
  if (count == 0u) { return; }
  if (beta == 0f) { c[i >> 2u] = value; } else { c[i >> 2u] = beta * c[i >> 2u] + value; }
}`;

const scalarStore = `@group(0) @binding(2) var<storage, read_write> c : array<f32>;
fn c_add(i : u32, count : u32, value : vec4f, beta : f32) {
  for (var j = 0u; j < min(count, 4u); j++) {
    if (beta == 0f) { c[i + j] = value[j]; } else { c[i + j] = beta * c[i + j] + value[j]; }
  }
}`;
