import { createHash } from 'node:crypto';

/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011): a keyed bijection of 128-bit counters. Number i of a stream depends on (seed, stream, i) only, so
 * results depend neither on the order in which tensors are made nor on how many run at once.
 */
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const keyStep0 = 0x9e3779b9;
const keyStep1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowHigh = Math.imul(aLow, bHigh);
  const highLow = Math.imul(aHigh, bLow);
  const middle = (Math.imul(aLow, bLow) >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff);
  return (Math.imul(aHigh, bHigh) + (lowHigh >>> 16) + (highLow >>> 16) + (middle >>> 16)) | 0;
}

/** Ten rounds on the counter (c0…c3) under the key (k0, k1); writes four unsigned 32-bit numbers to `out` from `at`. */
export function philox4x32(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  at = 0,
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + keyStep0) | 0;
    k1 = (k1 + keyStep1) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/**
 * The stream `name` of a seed: an endless sequence of 32-bit numbers that can be entered anywhere. Streams of different
 * names or seeds are independent.
 */
export class RandomStream {
  readonly #key0: number;
  readonly #key1: number;
  readonly #stream0: number;
  readonly #stream1: number;
  readonly #block = new Uint32Array(4);

  /** `seed` is an integer in [0, 2⁵³). */
  constructor(seed: number, name: string) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`a seed is an integer in [0, 2^53), not ${seed}`);
    this.#key0 = seed | 0;
    this.#key1 = Math.floor(seed / 2 ** 32);
    const digest = createHash('sha256').update(name).digest();
    this.#stream0 = digest.readUInt32LE(0);
    this.#stream1 = digest.readUInt32LE(4);
  }

  /** Fills `out` with the numbers `start`, `start` + 1, … of the stream. */
  fill(out: Uint32Array, start = 0): void {
    let written = 0;
    while (written < out.length) {
      const index = start + written;
      const within = index % 4;
      const block = (index - within) / 4;
      const whole = within === 0 && out.length - written >= 4;
      const target = whole ? out : this.#block;
      const at = whole ? written : 0;
      philox4x32(
        block | 0,
        Math.floor(block / 2 ** 32),
        this.#stream0,
        this.#stream1,
        this.#key0,
        this.#key1,
        target,
        at,
      );
      if (whole) {
        written += 4;
        continue;
      }
      for (let i = within; i < 4 && written < out.length; i++) out[written++] = this.#block[i]!;
    }
  }
}
