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
  /** Runs of columns that are summed like rows. Default: 1. */
  readonly groups?: number;
  /** Sums a ⊙ factor.values · factor.scale instead of a; values [rows, columns], scale [rows, groups]. */
  readonly factor?: { readonly values: DeviceBuffer; readonly scale: DeviceBuffer };
  /** columnSumBytes(rows, columns) */
  readonly scratch: DeviceBuffer;
  /** [columns / groups] f32, added to. */
  readonly sum: DeviceBuffer;
}

/** sum += column sums of a, always in the same order: blocks of rows first, then the blocks. */
export function addColumnSums(gpu: Gpu, { rows, a, groups = 1, factor, scratch, sum }: ColumnSums): void {
  const blocks = Math.ceil(rows / blockRows);
  const count = a.count / groups;
  const partial = { buffer: scratch, stride: count, start: 0, count };
  blockSums(gpu, { rows, columns: a, groups, block: blockRows * groups, factor, out: scratch, add: false });
  blockSums(gpu, { rows: blocks, columns: partial, groups: 1, block: blocks, factor: undefined, out: sum, add: true });
}

interface BlockSums {
  readonly rows: number;
  readonly columns: Columns;
  readonly groups: number;
  /** Runs of columns that one invocation adds up. */
  readonly block: number;
  readonly factor: ColumnSums['factor'];
  readonly out: DeviceBuffer;
  readonly add: boolean;
}

function blockSums(gpu: Gpu, { rows, columns, groups, block, factor, out, add }: BlockSums): void {
  const { buffer, stride, start } = columns;
  const count = columns.count / groups;
  const aligned = wholeVectors(stride, start, count);
  gpu.dispatch({
    kernel: 'column-sum',
    constants: { WEIGHTED: factor === undefined ? 0 : 1, ADD: add ? 1 : 0, GROUPS: groups },
    text: {
      a: readAccess('a', 0, 'F32', aligned),
      w: readAccess('w', 1, 'F32', aligned),
      out: writeAccess('out', 3, aligned),
    },
    bindings: [buffer, factor?.values ?? buffer, factor?.scale ?? buffer, out],
    uniforms: [rows * groups, count, block, stride, start],
    workgroups: [Math.ceil(count / 256), Math.ceil((rows * groups) / block)],
  });
}
