import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exactGram } from '../../../../src/linalg/device/exact-gram.js';
import { gaussian } from '../../../oracles/matrices.js';
import { device } from '../../device.js';

async function gramOnDevice(a: Float32Array, rows: number, columns: number): Promise<Float64Array> {
  const gpu = await device();
  const buffer = gpu.upload(a, 'a');
  const gram = await exactGram(gpu, buffer, rows, columns);
  gpu.release(buffer);
  return gram;
}

/** AᵀA in f64 and, for scale, the product of the columns' norms. */
function oracle(a: ArrayLike<number>, rows: number, columns: number): { gram: Float64Array; norms: Float64Array } {
  const gram = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < rows; k++) sum += a[k * columns + i]! * a[k * columns + j]!;
      gram[i * columns + j] = sum;
    }
  }
  return { gram, norms: Float64Array.from({ length: columns }, (_, i) => Math.sqrt(gram[i * columns + i]!)) };
}

/** Elements rounded to 22 bits below their column's largest: what three digits hold exactly. */
function roundedToDigits(a: Float32Array, columns: number): Float32Array {
  const largest = new Float64Array(columns);
  a.forEach((value, at) => {
    largest[at % columns] = Math.max(largest[at % columns]!, Math.abs(value));
  });
  return a.map((value, at) => {
    const unit = 2 ** (Math.floor(Math.log2(largest[at % columns]!)) - 22);
    return Math.round(value / unit) * unit;
  });
}

test('a matrix of 23-bit numbers has the Gram matrix of f64 arithmetic to its rounding, columns of any scale', async () => {
  for (const [rows, columns] of [
    [1, 1],
    [7, 3],
    [255, 65],
    [256, 5],
    [257, 4],
    [700, 33],
    [40, 300],
  ] as const) {
    const scaled = Float32Array.from(gaussian(rows, columns, 'exact').data, (x, at) => x * 10 ** ((at % columns) % 9));
    const a = roundedToDigits(scaled, columns);
    const found = await gramOnDevice(a, rows, columns);
    const { gram, norms } = oracle(a, rows, columns);
    gram.forEach((value, at) => {
      const scale = norms[Math.floor(at / columns)]! * norms[at % columns]!;
      const error = Math.abs(found[at]! - value) / scale;
      assert.ok(error <= 1e-15 * Math.sqrt(rows), `${rows}×${columns} element ${at} is off by ${error}`);
    });
  }
});

test('full f32 precision costs only what the digits leave out', async () => {
  const [rows, columns] = [500, 20];
  const a = Float32Array.from(gaussian(rows, columns, 'full').data);
  const found = await gramOnDevice(a, rows, columns);
  const { gram, norms } = oracle(a, rows, columns);
  gram.forEach((value, at) => {
    const error = Math.abs(found[at]! - value) / (norms[Math.floor(at / columns)]! * norms[at % columns]!);
    assert.ok(error <= 2 ** -23, `element ${at} is off by ${error}`);
  });
});

test('sums of the largest digits over more rows than one integer sum holds are exact', async () => {
  const rows = 2 ** 14 + 300;
  const a = new Float32Array(rows * 2).fill(1 - 2 ** -23);
  const found = await gramOnDevice(a, rows, 2);
  for (const value of found) assert.is(value, rows * (1 - 2 ** -23) ** 2);
});

test('zero columns give zeros', async () => {
  const a = Float32Array.from({ length: 30 }, (_, at) => (at % 3 === 1 ? 0 : at));
  const found = await gramOnDevice(a, 10, 3);
  assert.equal([...found.slice(3, 6)], [0, 0, 0]);
  assert.is(
    found[0],
    a.reduce((sum, x, at) => sum + (at % 3 === 0 ? x * x : 0), 0),
  );
});

test.run();
