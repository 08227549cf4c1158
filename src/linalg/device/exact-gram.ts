import type { DeviceBuffer, Gpu } from '../../gpu/gpu.js';
import { mirrorLower } from '../host/tridiagonal.js';
import { elementwise, rowsPerBinding, rowWindow } from './elementwise.js';
import { gemm } from './gemm.js';

/** Rows whose products f32 sums without rounding: digits' sums are at most 2⁸, so 2⁸·2⁸·256 = 2²⁴. */
export const chunkRows = 256;
/** Rows that i32 sums hold: 2¹⁶·2¹⁴ = 2³⁰. */
export const sumRows = 2 ** 14;
/** Columns of the lower triangle that are computed together. */
export const bandColumns = 256;

/**
 * The six symmetric products of sums of digits (kernels/digits) and what each counts in AᵀA, by
 * d_iᵀ d_j + d_jᵀ d_i = (d_i + d_j)ᵀ(d_i + d_j) − d_iᵀ d_i − d_jᵀ d_j; all weights are f64 numbers.
 */
const weights = [
  1 - 2 ** -8 - 2 ** -16, // d1
  -(2 ** -8) + 2 ** -16 - 2 ** -24, // d2
  -(2 ** -16) - 2 ** -24 + 2 ** -32, // d3
  2 ** -8, // d1 + d2
  2 ** -16, // d1 + d3
  2 ** -24, // d2 + d3
];

/**
 * AᵀA in f64 from a device that has only f32, with no rounding on the device: every element is split into three integer
 * digits of its column's scale, products of digits are summed as integers, and the host puts the sums together. Integer
 * sums are the same on every device, however its compiler orders, fuses or "simplifies" them.
 * @param a [rows, columns] f32, finite, of magnitude 2⁻¹⁰⁰ … 2¹⁰⁰ in the columns that matter.
 */
export async function exactGram(gpu: Gpu, a: DeviceBuffer, rows: number, columns: number): Promise<Float64Array> {
  const n = columns;
  const maxima = gpu.allocate(n * 4, 'column maxima');
  const digits = gpu.allocate(weights.length * chunkRows * n * 4, 'digits');
  const terms = gpu.allocate(n * n * 4, 'digit products');
  const sums = weights.map((_, i) => gpu.allocate(n * n * 4, `sums of digit products ${i + 1}`));
  const gram = new Float64Array(n * n);
  try {
    gpu.clear(maxima);
    const run = 64;
    gpu.dispatch({
      kernel: 'column-maxima',
      constants: { RUN: run },
      bindings: [a, maxima],
      uniforms: [rows, n],
      workgroups: [Math.ceil(n / 64), Math.ceil(rows / run)],
    });
    const scales = columnScales(new Uint32Array(await gpu.read(maxima)));
    for (let start = 0; start < rows; start += sumRows) {
      for (const sum of sums) gpu.clear(sum);
      for (let row = start; row < Math.min(rows, start + sumRows); row += chunkRows) {
        const height = Math.min(chunkRows, rows - row);
        gpu.dispatch({
          kernel: 'digits',
          bindings: [a, maxima, digits],
          uniforms: [rows, n, row, height],
          workgroups: [Math.ceil(n / 64), height],
        });
        for (const [i, sum] of sums.entries()) {
          multiplyDigits(gpu, digits, i * height * n, height, n, terms);
          addIntegers(gpu, terms, sum, n);
        }
      }
      for (const [i, sum] of sums.entries()) {
        addScaled(gram, new Int32Array(await gpu.read(sum)), weights[i]!, scales);
      }
    }
  } finally {
    gpu.release(maxima, digits, terms, ...sums);
  }
  mirrorLower(gram, n);
  return gram;
}

/** terms = DᵀD in the lower triangle, by bands; D [height, n] from element `offset` of the digits. */
function multiplyDigits(
  gpu: Gpu,
  digits: DeviceBuffer,
  offset: number,
  height: number,
  n: number,
  terms: DeviceBuffer,
): void {
  for (let column = 0; column < n; column += bandColumns) {
    const band = { buffer: digits, offset: offset + column, stride: n };
    gemm(gpu, {
      m: n - column,
      n: Math.min(bandColumns, n - column),
      k: height,
      transposeA: true,
      a: band,
      b: band,
      c: { buffer: terms, offset: column * n + column, stride: n },
    });
  }
}

function addIntegers(gpu: Gpu, terms: DeviceBuffer, sums: DeviceBuffer, n: number): void {
  const most = rowsPerBinding(gpu, n);
  for (let first = 0; first < n; first += most) {
    const count = Math.min(most, n - first);
    const bindings = [rowWindow(terms, n, first, count), rowWindow(sums, n, first, count)];
    gpu.dispatch({ kernel: 'add-integers', bindings, ...elementwise(count * n) });
  }
}

/** 2^(e_j + 1) of the columns' largest elements, given as bits; of a zero column any. */
function columnScales(maxima: Uint32Array): Float64Array {
  return Float64Array.from(maxima, (bits) => 2 ** ((bits >>> 23) - 126));
}

/** Adds weight · sums to the lower triangle in units of the first digits' products, 2^−14 of the columns' scales. */
function addScaled(gram: Float64Array, sums: Int32Array, weight: number, scales: Float64Array): void {
  const n = scales.length;
  for (let i = 0; i < n; i++) {
    const factor = weight * 2 ** -14 * scales[i]!;
    for (let j = 0; j <= i; j++) gram[i * n + j]! += sums[i * n + j]! * factor * scales[j]!;
  }
}
