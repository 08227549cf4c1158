import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, toFloat32 } from '../../../../src/formats/float-conversion.js';
import { type ElementType, elementBytes } from '../../../../src/gpu/element-access.js';
import { convert } from '../../../../src/linalg/device/convert.js';
import { device } from '../../device.js';

const test = suite('Conversion of element types');
const gpu = await device();

/** Converts on the device; the buffer behind the result is filled with ones, so that what is written beyond shows. */
async function converted(bytes: Uint8Array, from: ElementType, to: ElementType, count: number, window?: number) {
  const source = gpu.upload(bytes, 'from');
  const target = gpu.upload(new Uint8Array(Math.ceil((count * elementBytes[to]) / 4) * 4 + 4).fill(0xff), 'to');
  convert(gpu, { buffer: source, type: from }, { buffer: target, type: to }, count, window);
  const result = new Uint8Array(await gpu.read(target));
  gpu.release(source, target);
  assert.equal([...result.slice(-4)], [0xff, 0xff, 0xff, 0xff]);
  return result.slice(0, count * elementBytes[to]);
}

/** The first place where bytes differ, as f32 bits or halves, or undefined. */
function difference(result: Uint8Array, expected: Uint8Array, size: 2 | 4): string | undefined {
  assert.is(result.length, expected.length);
  const at = result.findIndex((byte, i) => byte !== expected[i]);
  if (at < 0) return undefined;
  const index = Math.floor(at / size);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes.slice(index * size, (index + 1) * size)).toString('hex');
  return `element ${index} is ${hex(result)}, not ${hex(expected)} (bytes, little-endian)`;
}

/** Bit patterns around every boundary of rounding, of both signs, and random ones. */
function trickyFloats(): Float32Array {
  const bits: number[] = [];
  for (const exponent of [0, 1, 100, 101, 102, 103, 112, 113, 114, 127, 141, 142, 143, 253, 254, 255]) {
    for (const mantissa of [
      0, 1, 0xfff, 0x1000, 0x1001, 0x2fff, 0x3000, 0x3001, 0x7fff, 0x8000, 0x8001, 0x18000, 0x7fffff,
    ]) {
      for (const sign of [0, 0x80000000]) bits.push((sign | (exponent << 23) | mantissa) >>> 0);
    }
  }
  let state = 7;
  for (let i = 0; i < 20_001; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bits.push((state ^ (state >>> 13)) >>> 0);
  }
  return new Float32Array(Uint32Array.from(bits).buffer);
}

for (const to of ['BF16', 'F16'] as const) {
  test(`f32 becomes ${to} by rounding to nearest even, at every boundary`, async () => {
    const values = trickyFloats();
    const result = await converted(fromFloat32(values, 'F32'), 'F32', to, values.length);
    assert.is(difference(result, fromFloat32(values, to), 2), undefined);
  });

  test(`every ${to} number becomes the f32 that equals it`, async () => {
    const bytes = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
    const result = await converted(bytes, to, 'F32', 65536);
    const expected = toFloat32(bytes, to);
    const seen = new Float32Array(result.buffer);
    for (let i = 0; i < 65536; i++) {
      if (!Object.is(seen[i], expected[i]))
        assert.unreachable(`${i.toString(16)} became ${seen[i]}, not ${expected[i]}`);
    }
  });
}

test('any number of elements is converted, to the last and no further, in windows too', async () => {
  for (const count of [1, 2, 3, 5, 255, 4097, 10_001]) {
    const values = trickyFloats().slice(0, count);
    const result = await converted(fromFloat32(values, 'F32'), 'F32', 'BF16', count, 4096);
    assert.is(difference(result, fromFloat32(values, 'BF16'), 2), undefined, `${count} elements`);
  }
});

test.after(() => gpu.close());
test.run();
