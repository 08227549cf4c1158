import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, toFloat32 } from '../../../../src/formats/float-conversion.js';
import type { Arithmetic, ProjectedUpdate } from '../../../../src/linalg/arithmetic.js';
import { DeviceArithmetic } from '../../../../src/linalg/device/arithmetic.js';
import { exactGram } from '../../../../src/linalg/device/exact-gram.js';
import { fillNormal } from '../../../../src/linalg/normal.js';
import { RandomStream } from '../../../../src/linalg/philox.js';
import { WindowProjector } from '../../../../src/linalg/projection.js';
import { HostArithmetic } from '../../../oracles/host-arithmetic.js';
import { device } from '../../device.js';

const host = new HostArithmetic();

function normal(count: number, name: string): Float32Array {
  const values = new Float32Array(count);
  fillNormal(new RandomStream(2, name), values);
  return values;
}

async function onBoth<T>(compute: (arithmetic: Arithmetic) => Promise<T>): Promise<[T, T]> {
  return [await compute(new DeviceArithmetic(await device())), await compute(host)];
}

function limitsOf(gpu: { readonly limits: GPUSupportedLimits }): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const name in gpu.limits) {
    const value = (gpu.limits as unknown as Record<string, unknown>)[name];
    if (typeof value === 'number') limits[name] = value;
  }
  return limits;
}

test('products in all three layouts, of some rows of a matrix, and added to another matrix agree with f64', async () => {
  for (const [m, n, k] of [
    [1, 1, 1],
    [5, 3, 70],
    [65, 130, 33],
  ] as const) {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
    ] as const) {
      const [found, wanted] = await onBoth(async (arithmetic) => {
        const [aRows, aColumns] = transposeA ? [k, m] : [m, k];
        const [bRows, bColumns] = transposeB ? [n, k] : [k, n];
        const whole = arithmetic.upload(normal((aRows + 3) * aColumns, 'a'), aRows + 3, aColumns);
        const a = arithmetic.rowRange(whole, 2, aRows);
        const b = arithmetic.upload(normal(k * n, 'b'), bRows, bColumns);
        const original = arithmetic.upload(normal(m * n, 'c'), m, n);
        const c = arithmetic.copy(original);
        const plain = arithmetic.product(a, b, { transposeA, transposeB });
        arithmetic.product(a, b, { transposeA, transposeB, addTo: c });
        const results = [];
        for (const matrix of [plain, c, original]) results.push(await arithmetic.download(matrix));
        for (const matrix of [whole, b, c, original, plain]) matrix.release();
        return results;
      });
      for (const [i, values] of wanted.entries()) {
        assert.is(found[i]!.length, values.length);
        values.forEach((value, at) => {
          assert.ok(Math.abs(found[i]![at]! - value) <= 1e-6 * Math.sqrt(k) * 4, `${m}×${n}×${k} element ${at}`);
        });
      }
    }
  }
});

test('a projection’s bits do not depend on the ranks that were asked for before it', async () => {
  const arithmetic = new DeviceArithmetic(await device());
  const [rows, columns, r] = [21, 600, 600];
  const upload = (name: string, m: number, n: number) => arithmetic.upload(normal(m * n, name), m, n);
  for (const side of ['short', 'long'] as const) {
    const window = {
      weights: upload('weights', rows, columns),
      update: upload('update', rows, columns),
      side,
      basis: upload('basis', r, side === 'short' ? columns : rows),
      coefficients: upload('coefficients', r, side === 'short' ? rows : columns),
    };
    const how = { mode: 'parallel', storage: 'F32', result: 'weights' } as const;
    const at = async (projector: WindowProjector, rank: number) => {
      const matrix = projector.at(rank, how);
      const values = await arithmetic.download(matrix);
      matrix.release();
      return values;
    };
    const projector = new WindowProjector(arithmetic, window);
    for (const rank of [1, 255, 256, 300, 512, 513, 599, 600]) {
      const alone = new WindowProjector(arithmetic, window);
      const [one, other] = [await at(projector, rank), await at(alone, rank)];
      assert.ok(
        one.every((value, i) => value === other[i]),
        `rank ${rank}`,
      );
      alone.release();
    }
    projector.release();
    for (const matrix of [window.weights, window.update, window.basis, window.coefficients]) matrix.release();
  }
});

test('the energy of every row agrees with f64, of several matrices at once: one row, a few, more columns than a part has', async () => {
  const shapes = [
    [1, 1],
    [3, 63],
    [70, 65],
    [2, 4096],
    [3, 10001],
    [66000, 1],
  ] as const;
  const [found, wanted] = await onBoth(async (arithmetic) => {
    const energies = arithmetic.rowEnergies();
    const results: Float64Array[] = [];
    for (const [i, [rows, columns]] of shapes.entries()) {
      const matrix = arithmetic.upload(normal(rows * columns, 'energies'), rows, columns);
      energies.add(matrix);
      matrix.release();
      if (i === 1) results.push(...(await energies.read()));
    }
    return [...results, ...(await energies.read())];
  });
  for (const [s, [rows, columns]] of shapes.entries()) {
    assert.is(found[s]!.length, rows);
    for (let i = 0; i < rows; i++) {
      const error = Math.abs(found[s]![i]! - wanted[s]![i]!);
      assert.ok(error <= 1e-6 * wanted[s]![i]!, `${rows}×${columns} row ${i}: ${found[s]![i]}`);
    }
  }
});

test('matrices over the binding limit are taken in windows of rows: row energies, products, exact Gram matrices', async () => {
  const gpu = await device();
  const limits = { ...limitsOf(gpu), maxStorageBufferBindingSize: 2 ** 16 };
  const small = new Proxy(gpu, {
    get(target, name) {
      if (name === 'limits') return limits;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const [rows, columns] = [200, 150];
  const values = normal(rows * columns, 'windows').map((value) => value / Math.sqrt(rows));
  const results: Float64Array[][] = [];
  for (const arithmetic of [new DeviceArithmetic(gpu), new DeviceArithmetic(small)]) {
    const matrix = arithmetic.upload(values, rows, columns);
    const energies = arithmetic.rowEnergies();
    energies.add(matrix);
    results.push([...(await energies.read()), await arithmetic.gram(matrix)]);
    matrix.release();
  }
  for (const target of [gpu, small]) {
    const buffer = gpu.upload(values.subarray(0, 90 * columns), 'a');
    results[target === gpu ? 0 : 1]!.push(await exactGram(target, buffer, 90, columns));
    gpu.release(buffer);
  }
  for (const [i, values] of results[0]!.entries()) {
    // Sums in f32 that are split elsewhere may round differently; integers do not.
    const tolerance = i === 1 ? 1e-6 : 0;
    assert.ok(
      values.every((value, at) => Math.abs(value - results[1]![i]![at]!) <= tolerance),
      `result ${i}`,
    );
  }
});

test('a gram matrix agrees with f64 across its bands', async () => {
  for (const [rows, columns] of [
    [3, 1],
    [300, 20],
    [600, 530],
  ] as const) {
    const [found, wanted] = await onBoth(async (arithmetic) => {
      const scaled = normal(rows * columns, 'gram').map((value) => value / Math.sqrt(rows));
      const matrix = arithmetic.upload(scaled, rows, columns);
      const gram = await arithmetic.gram(matrix);
      matrix.release();
      return gram;
    });
    wanted.forEach((value, at) => {
      assert.ok(Math.abs(found[at]! - value) <= 1e-6, `${rows}×${columns} element ${at}: ${found[at]! - value}`);
    });
  }
});

/** Numbers at which rounding to 16 bits is decided: ties, subnormals, the ends of the range, zeros of both signs. */
function delicate(): Float32Array {
  const bits = new Uint32Array(4096);
  new RandomStream(3, 'delicate').fill(bits);
  const values = [
    0,
    -0,
    65504,
    65519.996,
    65520,
    65535,
    -65520,
    2 ** -24,
    2 ** -25,
    1.5 * 2 ** -24,
    2.5 * 2 ** -24,
    2 ** -14,
  ];
  for (const word of bits) {
    const exponent = 100 + (word % 42); // 2^−27 … 2^14
    const mantissa = (word >>> 9) & (word & 256 ? 0x7fffff : 0x7ff000);
    values.push(new Float32Array(Uint32Array.of((word & 0x80000000) | (exponent << 23) | mantissa).buffer)[0]!);
  }
  return Float32Array.from(values);
}

test('projected weights are the host’s to the last bit, for every mode, storage type, cast and result', async () => {
  const update = delicate();
  const count = update.length;
  const inside = update.map((value, i) => value * (i % 3 === 0 ? 1 : 0.25));
  for (const storage of ['F32', 'BF16', 'F16', 'F64'] as const) {
    const weights = toFloat32(fromFloat32(normal(count, 'weights'), storage), storage);
    for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
      for (const castUpdate of [undefined, 'F16'] as const) {
        for (const result of ['weights', 'change'] as const) {
          const how: ProjectedUpdate = {
            mode,
            storage,
            castUpdate,
            result,
            scale: castUpdate === undefined ? 1 : 2 ** 20,
          };
          const [found, wanted] = await onBoth(async (arithmetic) => {
            const operands = [weights, update, inside].map((values) => arithmetic.upload(values, 1, count));
            const projected = arithmetic.project(operands[0]!, operands[1]!, operands[2]!, how);
            const values = await arithmetic.download(projected);
            for (const matrix of [...operands, projected]) matrix.release();
            return values;
          });
          wanted.forEach((value, i) => {
            // The largest updates leave the range of f16: ±∞ − θ.
            assert.ok(found[i] === value, `${JSON.stringify(how)} at ${update[i]}: ${found[i]}, not ${value}`);
          });
        }
      }
    }
  }
});

test.run();
