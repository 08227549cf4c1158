import type { Binding, DeviceBuffer, Gpu } from '../../gpu/gpu.js';

/** Uniforms and workgroups (of 64 lanes) of a kernel that handles `count` elements one by one, folded into two dimensions. */
export function elementwise(count: number): { uniforms: [number, number]; workgroups: [number, number] } {
  const groups = Math.ceil(count / 64);
  const width = Math.min(groups, 4096);
  return { uniforms: [count, width * 64], workgroups: [width, Math.ceil(groups / width)] };
}

/** Rows of a buffer that fit one binding; a multiple of 64, so that windows of 4-byte elements start where bindings may. */
export function rowsPerBinding(gpu: Gpu, columns: number): number {
  return Math.floor(gpu.limits.maxStorageBufferBindingSize / (4 * columns * 64)) * 64;
}

/** Rows [first, first + count) of a row-major buffer of 4-byte elements. */
export function rowWindow(of: DeviceBuffer, columns: number, first: number, count: number): Binding {
  return { of, offset: 4 * first * columns, bytes: 4 * count * columns };
}
