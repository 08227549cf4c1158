import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import type { Columns } from './columns.js';
import { type Gain, gainAccess, rowGrid, wholeVectors } from './kernel-shape.js';

/** sum = x + branch (or just x), y = sum·s ⊙ gain with s = (mean(sum²) + ε)^(−1/2) a row. */
export interface RmsNorm {
  readonly rows: number;
  readonly columns: number;
  readonly epsilon: number;
  /** [rows, columns] */
  readonly x: DeviceBuffer;
  readonly branch?: DeviceBuffer;
  /** [columns] */
  readonly gain: Gain;
  /** [rows, columns], another buffer than `x`. */
  readonly sum: DeviceBuffer;
  readonly y: DeviceBuffer;
  /** [rows] */
  readonly scale: DeviceBuffer;
}

export function rmsNorm(gpu: Gpu, { rows, columns, epsilon, x, branch, gain, sum, y, scale }: RmsNorm): void {
  const aligned = wholeVectors(columns);
  const { constants, workgroups } = rowGrid(gpu, rows);
  gpu.dispatch({
    kernel: 'rms-norm',
    constants: { ...constants, ADD: branch === undefined ? 0 : 1 },
    text: {
      x: readAccess('x', 0, 'F32', aligned),
      branch: readAccess('branch', 1, 'F32', aligned),
      gain: gainAccess(2, gain, aligned),
      sum: writeAccess('sum', 3, aligned),
      y: writeAccess('y', 4, aligned),
    },
    bindings: [x, branch ?? x, gain.buffer, sum, y, scale],
    uniforms: [rows, columns, { f32: epsilon }],
    workgroups,
  });
}

/** dx (+)= s·(gain ⊙ dy − x·s²·mean(x ⊙ gain ⊙ dy)). */
export interface RmsNormBackward {
  readonly rows: number;
  readonly columns: number;
  readonly dy: DeviceBuffer;
  /** `sum` of the forward pass. */
  readonly x: DeviceBuffer;
  readonly gain: Gain;
  readonly scale: DeviceBuffer;
  readonly dx: DeviceBuffer;
  /** True: dx holds the gradient that comes past the norm, to which this one is added. */
  readonly add: boolean;
}

export function rmsNormBackward(gpu: Gpu, { rows, columns, dy, x, gain, scale, dx, add }: RmsNormBackward): void {
  const aligned = wholeVectors(columns);
  const { constants, workgroups } = rowGrid(gpu, rows);
  gpu.dispatch({
    kernel: 'rms-norm-backward',
    constants: { ...constants, ADD: add ? 1 : 0 },
    text: {
      dy: readAccess('dy', 0, 'F32', aligned),
      x: readAccess('x', 1, 'F32', aligned),
      gain: gainAccess(2, gain, aligned),
      dx: writeAccess('dx', 4, aligned),
    },
    bindings: [dy, x, gain.buffer, scale, dx],
    uniforms: [rows, columns],
    workgroups,
  });
}

/** y = x·s ⊙ gain in each of the `groups` runs of columns that a row has, with s = (mean(x²) + ε)^(−1/2) a run. */
export interface ColumnNorm {
  readonly rows: number;
  readonly groups: number;
  readonly epsilon: number;
  /** [rows, y.count] */
  readonly x: DeviceBuffer;
  /** [y.count / groups] */
  readonly gain: Gain;
  /** Columns of another buffer than `x`. */
  readonly y: Columns;
  /** [rows, groups] */
  readonly scale: DeviceBuffer;
}

export function columnNorm(gpu: Gpu, { rows, groups, epsilon, x, gain, y, scale }: ColumnNorm): void {
  const columns = y.count / groups;
  const aligned = wholeVectors(columns, y.stride, y.start);
  const { constants, workgroups } = rowGrid(gpu, rows * groups);
  gpu.dispatch({
    kernel: 'column-norm',
    constants: { ...constants, GROUPS: groups },
    text: {
      x: readAccess('x', 0, 'F32', aligned),
      gain: gainAccess(1, gain, aligned),
      y: writeAccess('y', 2, aligned),
    },
    bindings: [x, gain.buffer, y.buffer, scale],
    uniforms: [rows * groups, columns, y.stride, y.start, { f32: epsilon }],
    workgroups,
  });
}

/** Takes the gradient `d` from behind columnNorm to before it, in place. */
export interface ColumnNormBackward {
  readonly rows: number;
  readonly groups: number;
  /** `x` and `scale` of the forward pass. */
  readonly x: DeviceBuffer;
  readonly gain: Gain;
  readonly scale: DeviceBuffer;
  readonly d: Columns;
}

export function columnNormBackward(gpu: Gpu, { rows, groups, x, gain, scale, d }: ColumnNormBackward): void {
  const columns = d.count / groups;
  const aligned = wholeVectors(columns, d.stride, d.start);
  const { constants, workgroups } = rowGrid(gpu, rows * groups);
  gpu.dispatch({
    kernel: 'column-norm-backward',
    constants: { ...constants, GROUPS: groups },
    text: {
      x: readAccess('x', 0, 'F32', aligned),
      gain: gainAccess(1, gain, aligned),
      d: writeAccess('d', 3, aligned),
    },
    bindings: [x, gain.buffer, scale, d.buffer],
    uniforms: [rows * groups, columns, d.stride, d.start],
    workgroups,
  });
}
