import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { elementwiseGrid, wholeVectors } from './kernel-shape.js';

/** sum = x + branch, or just x; all [rows, columns], `sum` another buffer than the others. */
export interface AddRows {
  readonly rows: number;
  readonly columns: number;
  readonly x: DeviceBuffer;
  readonly branch?: DeviceBuffer;
  readonly sum: DeviceBuffer;
}

export function addRows(gpu: Gpu, { rows, columns, x, branch, sum }: AddRows): void {
  const aligned = wholeVectors(columns);
  gpu.dispatch({
    kernel: 'add-rows',
    constants: { ADD: branch === undefined ? 0 : 1 },
    text: {
      x: readAccess('x', 0, 'F32', aligned),
      branch: readAccess('branch', 1, 'F32', aligned),
      sum: writeAccess('sum', 2, aligned),
    },
    bindings: [x, branch ?? x, sum],
    uniforms: [rows, columns],
    workgroups: elementwiseGrid(gpu, rows, columns),
  });
}
