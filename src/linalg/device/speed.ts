import type { Gpu } from '../../gpu/gpu.js';
import { convert } from './convert.js';
import { gemm } from './gemm.js';

export interface DeviceSpeed {
  /** f32 matrix product, 10⁹ operations a second. */
  readonly gigaflops: number;
  /** Memory read and written by an element-wise kernel, 10⁹ bytes a second. */
  readonly gigabytes: number;
}

const rounds = 3;
const roundSeconds = 0.2;

/** Measures in about two seconds, on matrices that are large enough for a card. */
export async function measureSpeed(gpu: Gpu): Promise<DeviceSpeed> {
  const size = gpu.adapter.software ? 512 : 2048;
  const matrices = ['A', 'B', 'C'].map((label) => gpu.upload(new Float32Array(size * size), label));
  const [a, b, c] = matrices.map((buffer) => ({ buffer }));
  const product = await seconds(gpu, () => gemm(gpu, { m: size, n: size, k: size, a: a!, b: b!, c: c! }));
  gpu.release(...matrices);

  const count = gpu.adapter.software ? 2 ** 22 : 2 ** 25;
  const source = gpu.upload(new Float32Array(count), 'f32');
  const target = gpu.allocate(count * 2, 'bf16');
  const conversion = await seconds(gpu, () =>
    convert(gpu, { buffer: source, type: 'F32' }, { buffer: target, type: 'BF16' }, count),
  );
  gpu.release(source, target);
  return { gigaflops: (2 * size ** 3) / product / 1e9, gigabytes: (count * 6) / conversion / 1e9 };
}

/** Seconds that an action takes on the device: the best of several rounds, after one that compiles. */
async function seconds(gpu: Gpu, action: () => void): Promise<number> {
  const time = async (repeats: number) => {
    const started = performance.now();
    for (let i = 0; i < repeats; i++) action();
    await gpu.settled();
    return (performance.now() - started) / 1000 / repeats;
  };
  await time(1);
  const repeats = Math.max(1, Math.round(roundSeconds / (await time(1))));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) best = Math.min(best, await time(repeats));
  return best;
}
