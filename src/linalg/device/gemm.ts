import { type ElementType, elementBytes } from '../../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../../gpu/gpu.js';
import { dispatchGemm, type GemmDispatch, kBlock, type StoredMatrix, span, windowAlignment } from './gemm-dispatch.js';
import { type GemmVariant, gemmVariant } from './gemm-variants.js';

/** A row-major matrix in device memory. */
export interface GemmOperand {
  readonly buffer: DeviceBuffer;
  /** Type of the elements. Default: f32. bf16 and f16 are unpacked while they are loaded. */
  readonly type?: ElementType;
  /** First element. Default: 0. */
  readonly offset?: number;
  /** Elements from one row to the next. Default: the number of columns. */
  readonly stride?: number;
  /** Elements from one matrix of a batch to the next. Default: 0, the same matrix for all. */
  readonly batchStride?: number;
}

export interface Gemm {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Stored [m, k], or [k, m] if `transposeA`. */
  readonly a: GemmOperand;
  /** Stored [k, n], or [n, k] if `transposeB`. */
  readonly b: GemmOperand;
  /** [m, n], f32, another buffer than `a` and `b`. */
  readonly c: GemmOperand;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor of the product. Default: 1. */
  readonly alpha?: number;
  /** Factor of C. Default: 0, and C is not read. */
  readonly beta?: number;
  /** Number of independent products. Default: 1. */
  readonly batch?: number;
}

export interface GemmOptions {
  /** Way to compute the product. Default: the one chosen for the adapter. */
  readonly variant?: GemmVariant;
  /** Bytes that one operand may bind. Default: the adapter's limit. */
  readonly maxBindingBytes?: number;
}

const maxWorkgroups = 65_535;
/** A dispatch cannot be interrupted: larger products are taken in parts, each seconds on two cores without a card. */
const maxDispatchFlop = 3e10;

/**
 * Queues C = alpha·op(A)·op(B) + beta·C. Any shape; an operand over the binding limit is taken in windows of whole rows.
 * The bits of an element of C depend only on its row of op(A), its column of op(B) and the device class: not on m and n, and
 * not on windows unless 256 rows along k are more than one binding. A non-finite value in A or B makes what it enters non-finite, and may turn an infinity into NaN.
 */
export function gemm(gpu: Gpu, product: Gemm, options: GemmOptions = {}): void {
  const { m, n, k, batch = 1, transposeA = false, transposeB = false, alpha = 1, beta = 0 } = product;
  for (const [name, value] of Object.entries({ m, n, k, batch })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`gemm: ${name} is ${value}`);
  }
  if (transposeA && transposeB) throw new Error('gemm: A and B cannot both be transposed');
  if ((product.c.type ?? 'F32') !== 'F32') throw new Error('gemm: C is f32');
  const { variant = gemmVariant(gpu), maxBindingBytes = gpu.limits.maxStorageBufferBindingSize } = options;
  const stored = (matrix: GemmOperand, rows: number, columns: number): StoredMatrix => {
    const { buffer, type = 'F32', offset = 0, stride = columns, batchStride = 0 } = matrix;
    return { buffer, type, rows, columns, offset, stride, batchStride: batch === 1 ? 0 : batchStride };
  };
  const a = transposeA ? stored(product.a, k, m) : stored(product.a, m, k);
  const b = transposeB ? stored(product.b, n, k) : stored(product.b, k, n);
  const c = stored(product.c, m, n);
  const whole = { m, n, k, batch, a, b, c, transposeA, transposeB, alpha, beta };
  for (const part of withinBindings(whole, maxBindingBytes - windowAlignment)) dispatchGemm(gpu, part, variant);
}

/** Halves the product along its batch, m, n or k until every operand fits, in an order that keeps sums over k in order. */
function* withinBindings(product: GemmDispatch, limit: number): Generator<GemmDispatch> {
  const { m, n, k, batch, a, b, c, transposeA, transposeB } = product;
  const fits = (matrix: StoredMatrix) => span(matrix, batch) * elementBytes[matrix.type] <= limit;
  const long = 2 * m * n * k * batch > maxDispatchFlop;
  if (fits(a) && fits(b) && fits(c) && batch <= maxWorkgroups && !(long && (batch > 1 || m > 64))) return yield product;
  const halves: [Partial<GemmDispatch>, Partial<GemmDispatch>] | undefined =
    batch > 1
      ? split(batch, 1, (from, to) => ({
          batch: to - from,
          a: batchPart(a, from),
          b: batchPart(b, from),
          c: batchPart(c, from),
        }))
      : m > 1 && (long || !fits(c) || (!fits(a) && !transposeA))
        ? split(m, m > 64 ? 32 : 1, (from, to) => ({
            m: to - from,
            a: transposeA ? columnPart(a, from, to) : rowPart(a, from, to),
            c: rowPart(c, from, to),
          }))
        : n > 1 && !fits(b) && transposeB
          ? split(n, 4, (from, to) => ({ n: to - from, b: rowPart(b, from, to), c: columnPart(c, from, to) }))
          : fits(c)
            ? split(k, k > kBlock ? kBlock : 32, (from, to) => ({
                k: to - from,
                a: transposeA ? rowPart(a, from, to) : columnPart(a, from, to),
                b: transposeB ? columnPart(b, from, to) : rowPart(b, from, to),
                ...(from === 0 ? {} : { beta: 1 }),
              }))
            : undefined;
  if (halves === undefined) {
    const labels = [a, b, c].map(({ buffer }) => `"${buffer.label}"`).join(', ');
    throw new Error(`gemm: the rows of one of ${labels} are over the binding limit of ${limit} bytes`);
  }
  for (const half of halves) yield* withinBindings({ ...product, ...half }, limit);
}

/** Parts [0, middle) and [middle, size), the middle a multiple of `step` (or just `size` where it is smaller). */
function split<T>(size: number, step: number, part: (from: number, to: number) => T): [T, T] | undefined {
  const middle = Math.max(step, Math.floor(size / 2 / step) * step);
  return middle < size ? [part(0, middle), part(middle, size)] : undefined;
}

function batchPart(matrix: StoredMatrix, from: number): StoredMatrix {
  return { ...matrix, offset: matrix.offset + from * matrix.batchStride };
}
function rowPart(matrix: StoredMatrix, from: number, to: number): StoredMatrix {
  return { ...matrix, rows: to - from, offset: matrix.offset + from * matrix.stride };
}
function columnPart(matrix: StoredMatrix, from: number, to: number): StoredMatrix {
  return { ...matrix, columns: to - from, offset: matrix.offset + from };
}
