import { readAccess } from '../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { foldedGrid } from '../gpu/windows.js';

/** Elements of a weight as kernels read them. */
export interface DeviceTensor {
  readonly buffer: DeviceBuffer;
  readonly type: 'F32' | 'BF16';
}

/** Gain of a norm: what is stored, and what is added to it. */
export interface Gain extends DeviceTensor {
  readonly offset: 0 | 1;
}

/** The gain that norms multiply by. */
export function gainAccess(binding: number, { type, offset }: Gain, aligned: boolean): string {
  return readAccess('gain', binding, type, aligned, offset === 0 ? undefined : `x + ${offset}f`);
}

/** True when rows of so many columns are whole vectors of 4, so that kernels may load and store vectors. */
export function wholeVectors(...columns: readonly number[]): boolean {
  return columns.every((count) => count % 4 === 0);
}

const elementwiseGroup = 64;

/** Workgroups of an elementwise kernel with one invocation for every four columns of every row. */
export function elementwiseGrid(gpu: Gpu, rows: number, columns: number): [number, number] {
  return foldedGrid(gpu, Math.ceil((rows * Math.ceil(columns / 4)) / elementwiseGroup)).workgroups;
}

/**
 * How a kernel that reduces rows shares them out: many lanes a row on a card; one a row on a CPU driver, where lanes are
 * one thread's vector and waiting for each other is what costs.
 */
export function rowGrid(
  gpu: Gpu,
  rows: number,
): { constants: { LANES: number; ROWS: number }; workgroups: [number, number] } {
  const constants = gpu.adapter.software ? { LANES: 1, ROWS: 16 } : { LANES: 64, ROWS: 1 };
  return { constants, workgroups: foldedGrid(gpu, Math.ceil(rows / constants.ROWS)).workgroups };
}
