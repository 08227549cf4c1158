import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';

/** Bytes that go to the device at a time: it copies them on this thread. */
const partBytes = 16 * 2 ** 20;

/** Writes to the device without holding a copy of all of it. */
export async function writeInParts(gpu: Gpu, buffer: DeviceBuffer, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += partBytes) {
    gpu.write(buffer, bytes.subarray(at, at + partBytes), at);
    // Dawn keeps a copy of what is on its way.
    if (bytes.length > partBytes) await gpu.settled();
  }
}
