import { type Clock, typicalSeconds, wallClock } from '../../formats/clock.js';
import type { Gpu } from '../../gpu/gpu.js';
import { convert } from './convert.js';
import { gemm } from './gemm.js';

/** A type, not an interface, so that it is JSON. */
export type DeviceSpeed = {
  /** f32 matrix product, 10⁹ operations a second. */
  readonly gigaflops: number;
  /** Memory read and written by an element-wise kernel, 10⁹ bytes a second. */
  readonly gigabytes: number;
  /** Seconds of a dispatch that does next to nothing, among many. */
  readonly dispatchSeconds: number;
  /** Seconds until the host has read four bytes of an idle device. */
  readonly waitSeconds: number;
  /** Up to the device and back, 10⁹ bytes a second. */
  readonly transferGigabytes: number;
};

const rounds = 3;
const roundSeconds = 0.2;

/** Measures in about three seconds, on matrices that are large enough for a card. */
export async function measureSpeed(gpu: Gpu, clock: Clock = wallClock): Promise<DeviceSpeed> {
  const size = gpu.adapter.software ? 512 : 2048;
  const matrices = ['A', 'B', 'C'].map((label) => gpu.upload(new Float32Array(size * size), label));
  const [a, b, c] = matrices.map((buffer) => ({ buffer }));
  const product = await seconds(gpu, clock, () => gemm(gpu, { m: size, n: size, k: size, a: a!, b: b!, c: c! }));
  gpu.release(...matrices);

  const count = gpu.adapter.software ? 2 ** 22 : 2 ** 25;
  const source = gpu.upload(new Float32Array(count), 'f32');
  const target = gpu.allocate(count * 2, 'bf16');
  const copy = (elements: number) =>
    convert(gpu, { buffer: source, type: 'F32' }, { buffer: target, type: 'BF16' }, elements);
  const conversion = await seconds(gpu, clock, () => copy(count));
  const dispatchSeconds = await seconds(gpu, clock, () => copy(64));
  const waitSeconds = await typicalSeconds(async () => void (await gpu.read(target, 0, 4)), 20, clock);
  gpu.release(source, target);

  const bytes = 2 ** 24;
  const transfer = await typicalSeconds(
    async () => {
      const buffer = gpu.upload(new Float32Array(bytes / 4), 'up and down');
      await gpu.read(buffer);
      gpu.release(buffer);
    },
    4,
    clock,
  );
  return {
    gigaflops: (2 * size ** 3) / product / 1e9,
    gigabytes: (count * 6) / conversion / 1e9,
    dispatchSeconds,
    waitSeconds,
    transferGigabytes: (2 * bytes) / transfer / 1e9,
  };
}

/** Seconds that an action takes on the device: the middle one of several rounds, after one that compiles. */
async function seconds(gpu: Gpu, clock: Clock, action: () => void): Promise<number> {
  const time = async (repeats: number) => {
    const started = clock();
    for (let i = 0; i < repeats; i++) action();
    await gpu.settled();
    return (clock() - started) / repeats;
  };
  await time(1);
  const repeats = Math.max(1, Math.min(2000, Math.round(roundSeconds / (await time(1)))));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await time(repeats));
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
}
