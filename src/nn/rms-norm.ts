import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { type DeviceTensor, rowGrid, wholeVectors } from './kernel-shape.js';

/** sum = x + branch (or just x), y = sum·s ⊙ gain with s = (mean(sum²) + ε)^(−1/2) a row. */
export interface RmsNorm {
  readonly rows: number;
  readonly columns: number;
  readonly epsilon: number;
  /** [rows, columns] */
  readonly x: DeviceBuffer;
  readonly branch?: DeviceBuffer;
  /** [columns] */
  readonly gain: DeviceTensor;
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
      gain: readAccess('gain', 2, gain.type, aligned),
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
  readonly gain: DeviceTensor;
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
      gain: readAccess('gain', 2, gain.type, aligned),
      dx: writeAccess('dx', 4, aligned),
    },
    bindings: [dy, x, gain.buffer, scale, dx],
    uniforms: [rows, columns],
    workgroups,
  });
}
