import { type Clock, typicalSeconds, wallClock } from '../../formats/clock.js';
import { fromFloat32, toFloat32 } from '../../formats/float-conversion.js';
import { fillNormal } from '../normal.js';
import { RandomStream } from '../philox.js';
import { hostCompute, sharedArray } from './compute.js';

/** A type, not an interface, so that it is JSON. */
export type HostSpeed = {
  /** f64 operations of products a second on all threads, 10⁹. */
  readonly gigaflops: number;
  /** Seconds of a symmetric eigenproblem of n, divided by n³. */
  readonly eigenSeconds: number;
  /** Elements that one thread converts and subtracts, and random numbers that it makes, a second, 10⁶. */
  readonly megaelements: number;
  readonly meganormals: number;
};

const rows = 1024;
const columns = 384;
const elements = 2 ** 20;

/** Measures in a few seconds what the host adds to the device's work. */
export async function measureHost(clock: Clock = wallClock): Promise<HostSpeed> {
  const best = (action: () => Promise<void>) => typicalSeconds(action, 4, clock);
  const stream = new RandomStream(1, 'speed of the host');
  const matrix = new Float32Array(rows * columns);
  fillNormal(stream, matrix);
  const gram = await best(async () => void (await hostCompute.gram(matrix.slice(), rows, columns)));
  const symmetric = Float64Array.from(await hostCompute.gram(matrix.slice(), rows, columns));
  const eigen = await best(async () => {
    const copy = sharedArray(symmetric.length);
    copy.set(symmetric);
    await hostCompute.eigen(copy, columns);
  });
  const stored = fromFloat32(new Float32Array(elements).fill(0.3), 'BF16');
  const converted = await best(async () => subtracted(stored));
  const normals = new Float32Array(elements / 4);
  const drawn = await best(async () => fillNormal(stream, normals));
  return {
    gigaflops: (rows * columns * (columns + 1)) / gram / 1e9,
    eigenSeconds: eigen / columns ** 3,
    megaelements: (2 * elements) / converted / 1e6,
    meganormals: normals.length / drawn / 1e6,
  };
}

/** What making a window of an update does. */
function subtracted(stored: Uint8Array): void {
  const [from, to] = [toFloat32(stored, 'BF16'), toFloat32(stored, 'BF16')];
  const update = new Float32Array(from.length);
  for (let i = 0; i < update.length; i++) update[i] = to[i]! - from[i]!;
  if (update.some((value) => value - value !== 0)) throw new RangeError('a difference of equal numbers is not finite');
}
