import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, toFloat32 } from '../../../../src/formats/float-conversion.js';
import type { ElementType } from '../../../../src/gpu/element-access.js';
import { type Measurement, measure } from '../../../../src/linalg/device/measure.js';
import { device } from '../../device.js';

const test = suite('Measurement of tensors');
const gpu = await device();

async function measured(values: Float32Array, type: ElementType = 'F32', window?: number): Promise<Measurement> {
  const buffer = gpu.upload(fromFloat32(values, type), 'x');
  const result = await measure(gpu, { buffer, type }, values.length, window);
  gpu.release(buffer);
  return result;
}

function oracle(values: Float32Array): Measurement {
  let [sumOfSquares, largest, nonFinite] = [0, 0, 0];
  for (const x of values) {
    if (Number.isFinite(x)) {
      sumOfSquares += x * x;
      largest = Math.max(largest, Math.abs(x));
    } else nonFinite++;
  }
  return { sumOfSquares, largest, nonFinite };
}

async function check(values: Float32Array, type: ElementType = 'F32', window?: number): Promise<void> {
  const stored = toFloat32(fromFloat32(values, type), type);
  const [result, expected] = [await measured(values, type, window), oracle(stored)];
  const error = Math.abs(result.sumOfSquares - expected.sumOfSquares);
  assert.ok(error <= 1e-9 * expected.sumOfSquares, `Σx² is ${result.sumOfSquares}, not ${expected.sumOfSquares}`);
  assert.is(result.largest, expected.largest);
  assert.is(result.nonFinite, expected.nonFinite);
}

function noise(length: number, spread = 8): Float32Array {
  let state = length + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) / 2 ** 24 - 0.5) * 2 ** ((state % (2 * spread)) - spread);
  });
}

test('agrees with f64 on any number of elements, in every type and in windows', async () => {
  for (const length of [1, 2, 3, 4, 5, 63, 4097, 100_003]) await check(noise(length));
  for (const type of ['BF16', 'F16'] as const) for (const length of [1, 3, 4099]) await check(noise(length), type);
  await check(noise(20_001), 'F32', 4096);
});

test('keeps what a plain f32 sum loses', async () => {
  // One large element first: in plain f32 each of the small squares vanishes beside its square.
  const values = new Float32Array(300_000).fill(2 ** -14);
  values.fill(4096, 0, 4);
  await check(values);
  await check(noise(200_001, 40));
});

test('NaN and infinities of either sign are counted and left out', async () => {
  const values = noise(5001);
  const bits = new Uint32Array(values.buffer);
  [0x7fc00000, 0xffc00000, 0x7f800001, 0x7f800000, 0xff800000].forEach((pattern, i) => {
    bits[i * 1000 + 3] = pattern;
  });
  await check(values);
  assert.is((await measured(values)).nonFinite, 5);
  await check(new Float32Array(9).fill(Number.NaN));
  await check(Float32Array.of(0, -0, 3.4028234663852886e38 / 2 ** 80, 1));
});

test('zeros measure zero', async () => {
  assert.equal(await measured(new Float32Array(1000)), { sumOfSquares: 0, largest: 0, nonFinite: 0 });
});

test.after(() => gpu.close());
test.run();
