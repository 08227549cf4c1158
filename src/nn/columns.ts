import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { type DeviceTensor, elementwiseGrid, wholeVectors } from './kernel-shape.js';

/** Neighbouring columns of a row-major f32 matrix. */
export interface Columns {
  readonly buffer: DeviceBuffer;
  /** Columns of the whole matrix. */
  readonly stride: number;
  readonly start: number;
  readonly count: number;
}

/** x += bias in every row. */
export function addBias(gpu: Gpu, rows: number, { buffer, stride, start, count }: Columns, bias: DeviceTensor): void {
  const aligned = wholeVectors(stride, start, count);
  gpu.dispatch({
    kernel: 'add-bias',
    text: { x: writeAccess('x', 0, aligned), bias: readAccess('bias', 1, bias.type, aligned) },
    bindings: [buffer, bias.buffer],
    uniforms: [rows, count, stride, start],
    workgroups: elementwiseGrid(gpu, rows, count),
  });
}

/** Rows that one invocation adds up. */
const blockRows = 64;

export function columnSumBytes(rows: number, columns: number): number {
  return Math.ceil(rows / blockRows) * columns * 4;
}

export interface ColumnSums {
  readonly rows: number;
  readonly a: Columns;
  /** Sums a ⊙ factor.values · factor.scale[row] instead of a. */
  readonly factor?: { readonly values: DeviceBuffer; readonly scale: DeviceBuffer };
  /** columnSumBytes(rows, columns) */
  readonly scratch: DeviceBuffer;
  /** [columns] f32, added to. */
  readonly sum: DeviceBuffer;
}

/** sum += column sums of a, always in the same order: blocks of rows first, then the blocks. */
export function addColumnSums(gpu: Gpu, { rows, a, factor, scratch, sum }: ColumnSums): void {
  const blocks = Math.ceil(rows / blockRows);
  blockSums(gpu, rows, a, blockRows, factor, scratch, false);
  const partial = { buffer: scratch, stride: a.count, start: 0, count: a.count };
  blockSums(gpu, blocks, partial, blocks, undefined, sum, true);
}

function blockSums(
  gpu: Gpu,
  rows: number,
  { buffer, stride, start, count }: Columns,
  block: number,
  factor: ColumnSums['factor'],
  out: DeviceBuffer,
  add: boolean,
): void {
  const aligned = wholeVectors(stride, start, count);
  gpu.dispatch({
    kernel: 'column-sum',
    constants: { WEIGHTED: factor === undefined ? 0 : 1, ADD: add ? 1 : 0 },
    text: {
      a: readAccess('a', 0, 'F32', aligned),
      w: readAccess('w', 1, 'F32', aligned),
      out: writeAccess('out', 3, aligned),
    },
    bindings: [buffer, factor?.values ?? buffer, factor?.scale ?? buffer, out],
    uniforms: [rows, count, block, stride, start],
    workgroups: [Math.ceil(count / 256), Math.ceil(rows / block)],
  });
}
