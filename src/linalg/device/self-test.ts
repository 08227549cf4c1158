import type { Gpu } from '../../gpu/gpu.js';
import { gemm } from './gemm.js';
import { measure } from './measure.js';

/** One thing that runflow relies on, tried out on the device. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** What was measured, beside what it must be. */
  readonly detail: string;
}

/** Tries out on a device what drivers have been seen to get wrong. */
export async function selfTest(gpu: Gpu): Promise<Check[]> {
  return [await checkProducts(gpu), await checkNonFinite(gpu), await checkCompensatedSum(gpu)];
}

/** Matrix products in all three forms, odd sizes, against f64. */
async function checkProducts(gpu: Gpu): Promise<Check> {
  const [m, n, k] = [37, 29, 300];
  const [a, b] = [m * k, k * n].map((length) => Float32Array.from({ length }, (_, i) => Math.sin(i * i + 1)));
  const buffers = [gpu.upload(a!, 'A'), gpu.upload(b!, 'B'), gpu.allocate(m * n * 4, 'C')] as const;
  let worst = 0;
  for (const { transposeA = false, transposeB = false } of [{}, { transposeA: true }, { transposeB: true }]) {
    const [bufferA, bufferB, bufferC] = buffers;
    gemm(gpu, {
      m,
      n,
      k,
      transposeA,
      transposeB,
      a: { buffer: bufferA },
      b: { buffer: bufferB },
      c: { buffer: bufferC },
    });
    const c = new Float32Array(await gpu.read(bufferC));
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let [sum, magnitude] = [0, 0];
        for (let l = 0; l < k; l++) {
          const term = a![transposeA ? l * m + i : i * k + l]! * b![transposeB ? j * k + l : l * n + j]!;
          sum += term;
          magnitude += Math.abs(term);
        }
        const error = Math.abs(c[i * n + j]! - sum) / magnitude;
        // Not Math.max: a NaN must not pass.
        if (!(error <= worst)) worst = error;
      }
    }
  }
  gpu.release(...buffers);
  const bar = 2e-6;
  return {
    name: 'matrix products',
    passed: worst <= bar,
    detail: `worst error ${worst.toExponential(1)} of Σ|a·b|, at most ${bar.toExponential(0)}`,
  };
}

async function checkNonFinite(gpu: Gpu): Promise<Check> {
  const bits = Uint32Array.of(0x7fc00000, 0x3f800000, 0xffc00001, 0x7f800000, 0, 0xff800000, 0x7f800001, 0x00000001);
  const buffer = gpu.upload(bits, 'non-finite numbers');
  const { nonFinite } = await measure(gpu, { buffer, type: 'F32' }, bits.length);
  gpu.release(buffer);
  return { name: 'NaN detection', passed: nonFinite === 5, detail: `${nonFinite} of 5 non-finite numbers seen` };
}

/** A sum whose small terms vanish in plain f32. */
async function checkCompensatedSum(gpu: Gpu): Promise<Check> {
  const values = new Float32Array(200_000).fill(2 ** -14);
  values.fill(4096, 0, 4);
  let expected = 0;
  for (const x of values) expected += x * x;
  const buffer = gpu.upload(values, 'terms');
  const { sumOfSquares } = await measure(gpu, { buffer, type: 'F32' }, values.length);
  gpu.release(buffer);
  const error = Math.abs(sumOfSquares / expected - 1);
  const bar = 1e-9;
  return {
    name: 'compensated sum',
    passed: error <= bar,
    detail: `relative error ${error.toExponential(1)}, at most ${bar.toExponential(0)}`,
  };
}
