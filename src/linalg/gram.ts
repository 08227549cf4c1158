import { Turns } from '../formats/turns.js';
import type { Arithmetic } from './arithmetic.js';
import { sharedArray } from './host/compute.js';
import { exponentOf, largestMagnitude, scaleByPowerOfTwo } from './scaling.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

/**
 * AᵀA [columns, columns] in f64, to the accuracy of Arithmetic.exactGram. Windows are brought near 1 by a power of two, so
 * that nothing over- or underflows in f32.
 * @param observe is shown every window before it is used
 * @returns memory that HostCompute can work on without copying it
 */
export async function gramOf(
  arithmetic: Arithmetic,
  a: TallMatrix,
  observe: (window: Float32Array, start: number) => Promise<void> = async () => undefined,
): Promise<Float64Array> {
  const n = a.columns;
  const gram = sharedArray(n * n);
  const turns = new Turns();
  for (const { start, count } of windowsOf(a)) {
    const window = await a.window(start, count);
    await observe(window, start);
    await turns.take();
    const largest = largestMagnitude(window);
    if (largest === 0) continue;
    const exponent = exponentOf(largest);
    scaleByPowerOfTwo(window, -exponent);
    const part = await arithmetic.exactGram(window, count, n);
    await turns.take();
    const factor = 4 ** exponent;
    for (let i = 0; i < gram.length; i++) gram[i]! += factor * part[i]!;
  }
  return gram;
}
