import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { gemm } from '../linalg/device/gemm.js';
import { addBias, addColumnSums, type Columns } from './columns.js';
import type { Parameter } from './parameter.js';

/** A weight [out, in], its bias or none. */
export interface Linear {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly outputs: number;
  readonly inputs: number;
}

/** y = x·Wᵀ + b for x [rows, inputs]; y may be columns of a wider matrix. */
export function linear(
  gpu: Gpu,
  rows: number,
  { weight, bias, outputs, inputs }: Linear,
  x: DeviceBuffer,
  y: Columns,
): void {
  gemm(gpu, {
    m: rows,
    n: outputs,
    k: inputs,
    transposeB: true,
    a: { buffer: x },
    b: { buffer: weight.weights, type: weight.type },
    c: { buffer: y.buffer, offset: y.start, stride: y.stride },
  });
  if (bias !== undefined) addBias(gpu, rows, y, { buffer: bias.weights, type: bias.type });
}

/**
 * dW += dyᵀ·x and db += Σ dy; dx = dy·W, added to what dx holds when `add`.
 * @param scratch columnSumBytes(rows, outputs)
 */
export function linearBackward(
  gpu: Gpu,
  rows: number,
  { weight, bias, outputs, inputs }: Linear,
  backward: {
    readonly x: DeviceBuffer;
    readonly dy: Columns;
    readonly dx: DeviceBuffer;
    readonly add: boolean;
    readonly scratch: DeviceBuffer;
  },
): void {
  const { x, dy, dx, add, scratch } = backward;
  const dyMatrix = { buffer: dy.buffer, offset: dy.start, stride: dy.stride };
  gemm(gpu, {
    m: outputs,
    n: inputs,
    k: rows,
    transposeA: true,
    beta: 1,
    a: dyMatrix,
    b: { buffer: x },
    c: { buffer: weight.gradient },
  });
  gemm(gpu, {
    m: rows,
    n: inputs,
    k: outputs,
    beta: add ? 1 : 0,
    a: dyMatrix,
    b: { buffer: weight.weights, type: weight.type },
    c: { buffer: dx },
  });
  if (bias !== undefined) addColumnSums(gpu, { rows, a: dy, scratch, sum: bias.gradient });
}

/** A whole matrix as its columns. */
export function allColumns(buffer: DeviceBuffer, columns: number): Columns {
  return { buffer, stride: columns, start: 0, count: columns };
}
