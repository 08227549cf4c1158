import { elementBytes, readAccess, writeAccess } from '../gpu/element-access.js';
import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { type DeviceTensor, elementwiseGrid, wholeVectors } from './kernel-shape.js';

/** Mark of a row that takes nothing from anywhere: `gatherRows` makes it zero. */
export const noRow = 0xffffffff;

/** A run of rows of a matrix that fits into one binding. */
export interface RowWindow {
  readonly first: number;
  readonly count: number;
}

/** Rows begin at offsets that can be bound, whatever their length, in f32 (64 rows) and in bf16 (128). */
const windowRows = 128;

/** Cuts a matrix into windows of rows that respect the binding limit, in order. */
export function rowWindows(
  gpu: Gpu,
  rows: number,
  columns: number,
  bytesPerElement: number,
  largest?: number,
): RowWindow[] {
  const limit = gpu.limits.maxStorageBufferBindingSize / (columns * bytesPerElement);
  const size = Math.floor(Math.min(largest ?? limit, limit) / windowRows) * windowRows;
  if (size === 0) throw new Error(`${windowRows} rows of ${columns} numbers are over the binding limit`);
  return Array.from({ length: Math.ceil(rows / size) }, (_, index) => ({
    first: index * size,
    count: Math.min(size, rows - index * size),
  }));
}

function bindRows(of: DeviceBuffer, { first, count }: RowWindow, rowBytes: number): Binding {
  return {
    of,
    offset: first * rowBytes,
    bytes: Math.min(Math.ceil((count * rowBytes) / 4) * 4, of.bytes - first * rowBytes),
  };
}

function times(scale = 1): string | undefined {
  return scale === 1 ? undefined : `x * ${Math.fround(scale)}f`;
}

export interface GatherRows {
  /** [sourceRows, columns] */
  readonly source: DeviceTensor;
  readonly sourceRows: number;
  readonly columns: number;
  /** [rows] u32, which row of the source each row takes, or `noRow`. */
  readonly index: Binding;
  readonly rows: number;
  /** [rows, columns] f32 */
  readonly y: DeviceBuffer;
  /** A factor of every row. Default: 1. */
  readonly scale?: number;
}

/** y[r] = source[index[r]]·scale. @param largestWindow rows bound at a time at most; for tests */
export function gatherRows(gpu: Gpu, gather: GatherRows, largestWindow?: number): void {
  const { source, sourceRows, columns, index, rows, y, scale } = gather;
  const aligned = wholeVectors(columns);
  const bytes = elementBytes[source.type];
  for (const window of rowWindows(gpu, sourceRows, columns, bytes, largestWindow)) {
    gpu.dispatch({
      kernel: 'gather-rows',
      text: { x: readAccess('x', 0, source.type, aligned, times(scale)), y: writeAccess('y', 2, aligned) },
      bindings: [bindRows(source.buffer, window, columns * bytes), index, y],
      uniforms: [rows, columns, window.first, window.count],
      workgroups: elementwiseGrid(gpu, rows, columns),
    });
  }
}

/** Rows sorted by where they go: the rows of `targets[t]` are `rows[starts[t] … starts[t + 1])`. */
export interface RowsByTarget {
  /** Different rows of the sum, ascending. */
  readonly targets: Uint32Array;
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
}

/** Sorts rows by an index each has; rows of one target stay in order. */
export function rowsByTarget(index: Uint32Array): RowsByTarget {
  const rows = Uint32Array.from(index, (_, row) => row).sort((a, b) => index[a]! - index[b]! || a - b);
  const targets: number[] = [];
  const starts: number[] = [];
  rows.forEach((row, at) => {
    if (targets.at(-1) === index[row]!) return;
    targets.push(index[row]!);
    starts.push(at);
  });
  return { targets: Uint32Array.from(targets), starts: Uint32Array.from([...starts, rows.length]), rows };
}

export interface ScatterAddRows {
  /** [rows, columns] f32 */
  readonly x: DeviceBuffer;
  readonly columns: number;
  readonly order: RowsByTarget;
  /** `order`, on the device. */
  readonly targets: Binding;
  readonly starts: Binding;
  readonly rows: Binding;
  /** [sumRows, columns] f32 */
  readonly sum: DeviceBuffer;
  readonly sumRows: number;
  /** A factor of x. Default: 1. */
  readonly scale?: number;
}

/** sum[target of row r] += x[r]·scale, in the rows' order. @param largestWindow rows bound at a time at most; for tests */
export function scatterAddRows(gpu: Gpu, scatter: ScatterAddRows, largestWindow?: number): void {
  const { x, columns, order, targets, starts, rows, sum, sumRows, scale } = scatter;
  const aligned = wholeVectors(columns);
  let begin = 0;
  for (const window of rowWindows(gpu, sumRows, columns, 4, largestWindow)) {
    let end = begin;
    while (end < order.targets.length && order.targets[end]! < window.first + window.count) end++;
    if (end > begin) {
      gpu.dispatch({
        kernel: 'scatter-add-rows',
        text: { x: readAccess('x', 0, 'F32', aligned, times(scale)), y: writeAccess('y', 4, aligned) },
        bindings: [x, targets, starts, rows, bindRows(sum, window, columns * 4)],
        uniforms: [columns, window.first, begin, end - begin],
        workgroups: elementwiseGrid(gpu, end - begin, columns),
      });
    }
    begin = end;
  }
}
