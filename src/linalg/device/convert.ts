import { type ElementType, elementBytes, readAccess } from '../../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../../gpu/gpu.js';
import { bindVectors, bindWindow, elementWindows, foldedGrid } from '../../gpu/windows.js';

/** Elements in device memory, from the start of a buffer. */
export interface Elements {
  readonly buffer: DeviceBuffer;
  readonly type: ElementType;
}

const targets: Readonly<Record<ElementType, number>> = { F32: 0, BF16: 1, F16: 2 };

/**
 * Queues to[0 … count) = from[0 … count), rounded to nearest even.
 * @param largestWindow elements a dispatch may have at most; for tests
 */
export function convert(gpu: Gpu, from: Elements, to: Elements, count: number, largestWindow?: number): void {
  for (const window of elementWindows(gpu, count, largestWindow)) {
    const { workgroups, groupsX } = foldedGrid(gpu, Math.ceil(window.count / 256));
    gpu.dispatch({
      kernel: 'convert',
      constants: { TARGET: targets[to.type] },
      text: { x: readAccess('x', 0, from.type, true) },
      bindings: [
        bindVectors(from.buffer, window, elementBytes[from.type]),
        bindWindow(to.buffer, window, elementBytes[to.type]),
      ],
      uniforms: [window.count, groupsX],
      workgroups,
    });
  }
}
