import { withVector } from './bind-groups.js';
import type { Binding, DeviceBuffer, Gpu } from './gpu.js';

/** A run of elements that fits into one binding and one dispatch. */
export interface Window {
  readonly start: number;
  readonly count: number;
}

/** Elements a workgroup, so that windows begin at bindable offsets for f32 and for bf16 pairs alike. */
const windowUnit = 4096;

/**
 * Cuts `count` elements of at most 4 bytes into windows that respect the binding limit.
 * @param largest elements a window may have at most; for tests
 */
export function elementWindows(gpu: Gpu, count: number, largest = Number.POSITIVE_INFINITY): Window[] {
  const limit = Math.min(gpu.limits.maxStorageBufferBindingSize / 4, largest);
  const length = Math.max(windowUnit, Math.floor(limit / windowUnit) * windowUnit);
  return Array.from({ length: Math.ceil(count / length) }, (_, index) => ({
    start: index * length,
    count: Math.min(length, count - index * length),
  }));
}

/** The part of a buffer of f32 numbers, or of bf16 pairs, that holds a window. */
export function bindWindow(of: DeviceBuffer, { start, count }: Window, bytesPerElement: 2 | 4): Binding {
  return { of, offset: start * bytesPerElement, bytes: Math.ceil((count * bytesPerElement) / 4) * 4 };
}

/** The same for a kernel that loads vectors of four elements. */
export function bindVectors(of: DeviceBuffer, { start, count }: Window, bytesPerElement: 2 | 4): Binding {
  return { of, offset: start * bytesPerElement, bytes: withVector(count * bytesPerElement) };
}

/** Workgroup counts for `groups` workgroups in a grid that respects the limit of a dimension: x is folded into y. */
export function foldedGrid(
  gpu: Gpu,
  groups: number,
): { readonly workgroups: [number, number]; readonly groupsX: number } {
  const groupsX = Math.min(groups, gpu.limits.maxComputeWorkgroupsPerDimension);
  return { workgroups: [groupsX, Math.ceil(groups / groupsX)], groupsX };
}
