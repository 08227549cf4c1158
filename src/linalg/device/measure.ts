import { elementBytes, readAccess } from '../../gpu/element-access.js';
import type { Gpu } from '../../gpu/gpu.js';
import { bindVectors, elementWindows, foldedGrid } from '../../gpu/windows.js';
import type { Elements } from './convert.js';

export interface Measurement {
  /** Σx² over the finite elements, to 1e-9 relative for 2⁻⁵⁰ < |x| < 2⁵⁰. */
  readonly sumOfSquares: number;
  /** max |x| over the finite elements. */
  readonly largest: number;
  /** How many elements are NaN or infinite. */
  readonly nonFinite: number;
}

/** Lanes at work on one window, and so numbers to read back: enough for a card, little to add up. */
const mostLanes = 16_384;
const partialBytes = 16;

/**
 * Measures elements [0, count) in one pass.
 * @param largestWindow elements a dispatch may have at most; for tests
 */
export async function measure(
  gpu: Gpu,
  elements: Elements,
  count: number,
  largestWindow?: number,
): Promise<Measurement> {
  let [sumOfSquares, largest, nonFinite] = [0, 0, 0];
  for (const window of elementWindows(gpu, count, largestWindow)) {
    const lanes = Math.min(mostLanes, Math.ceil(window.count / 4));
    const { workgroups, groupsX } = foldedGrid(gpu, Math.ceil(lanes / 64));
    const partial = gpu.allocate(lanes * partialBytes, 'measurement');
    gpu.dispatch({
      kernel: 'measure',
      text: { x: readAccess('x', 0, elements.type, true) },
      bindings: [bindVectors(elements.buffer, window, elementBytes[elements.type]), partial],
      uniforms: [window.count, lanes, groupsX, 0],
      workgroups,
    });
    const bytes = await gpu.read(partial);
    gpu.release(partial);
    const [sums, counts] = [new Float32Array(bytes), new Uint32Array(bytes)];
    for (let at = 0; at < lanes * 4; at += 4) {
      sumOfSquares += sums[at]! + sums[at + 1]!;
      largest = Math.max(largest, sums[at + 2]!);
      nonFinite += counts[at + 3]!;
    }
  }
  return { sumOfSquares, largest, nonFinite };
}
