import * as assert from 'uvu/assert';
import type { DeviceBuffer, Gpu } from '../../../src/gpu/gpu.js';
import { RandomStream } from '../../../src/linalg/philox.js';

/** Uniform numbers in [−size, size), exact in f32. */
export function uniform(name: string, count: number, size = 1): Float64Array {
  const bits = new Uint32Array(count);
  new RandomStream(7, name).fill(bits);
  return Float64Array.from(bits, (word) => Math.fround((word / 2 ** 31 - 1) * size));
}

export function upload(gpu: Gpu, values: Float64Array, label = 'operand'): DeviceBuffer {
  return gpu.upload(Float32Array.from(values), label);
}

export async function download(gpu: Gpu, buffer: DeviceBuffer, count?: number): Promise<Float64Array> {
  return Float64Array.from(new Float32Array(await gpu.read(buffer, 0, count === undefined ? buffer.bytes : 4 * count)));
}

/** The largest difference is at most `tolerance` times the largest expected magnitude. */
export function closeTo(what: string, actual: Float64Array, expected: Float64Array, tolerance: number): void {
  assert.is(actual.length, expected.length, `${what}: length`);
  let largest = 0;
  let worst = 0;
  let at = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const error = Math.abs(actual[i]! - expected[i]!);
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
  }
  assert.ok(
    worst <= tolerance * largest,
    `${what}: ${actual[at]} instead of ${expected[at]} at ${at}: off by ${(worst / largest).toExponential(1)} of the largest, ${tolerance} allowed`,
  );
}
