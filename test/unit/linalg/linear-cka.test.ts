import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { linearCka, type States } from '../../../src/linalg/linear-cka.js';
import type { TallMatrix } from '../../../src/linalg/tall-matrix.js';
import { HostArithmetic } from '../../oracles/host-arithmetic.js';
import { gaussian, orthonormal } from '../../oracles/matrices.js';
import { type Dense, dense, multiply, transpose } from '../../oracles/one-sided-jacobi.js';

function windows({ rows, columns, data }: Dense): TallMatrix {
  const values = Float32Array.from(data);
  const window = async (start: number, count: number) => values.slice(start * columns, (start + count) * columns);
  return { rows, columns, windowRows: 5, window };
}

function states(x: Dense): States {
  return { rows: windows(x), ...(x.columns > x.rows && { transposed: windows(transpose(x)) }) };
}

const cka = (x: Dense, y: Dense) => linearCka(new HostArithmetic(), states(x), states(y));

function mapped(x: Dense, value: (number: number, row: number, column: number) => number): Dense {
  const { columns } = x;
  return dense(
    x.rows,
    columns,
    x.data.map((number, at) => value(number, Math.floor(at / columns), at % columns)),
  );
}

/** ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖), centred, as it is written. */
function oracle(x: Dense, y: Dense): number {
  const centred = (a: Dense) => {
    const mean = Array.from({ length: a.columns }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < a.rows; i++) sum += a.data[i * a.columns + j]!;
      return sum / a.rows;
    });
    return mapped(a, (number, _, column) => number - mean[column]!);
  };
  const energy = (a: Dense, b: Dense) => multiply(transpose(a), b).data.reduce((sum, value) => sum + value ** 2, 0);
  const [a, b] = [centred(x), centred(y)];
  return energy(b, a) / Math.sqrt(energy(a, a) * energy(b, b));
}

function near(value: number | null, expected: number, what: string, tolerance = 1e-6): void {
  assert.ok(value !== null && Math.abs(value - expected) <= tolerance, `${what}: ${value}, not ${expected}`);
}

/** Rows with something in common, so that CKA is in the middle. */
function related(n: number, dA: number, dB: number): [Dense, Dense] {
  const x = gaussian(n, dA, `x ${n} ${dA}`);
  const mixed = multiply(x, gaussian(dA, dB, `mix ${dA} ${dB}`));
  const own = gaussian(n, dB, `y ${n} ${dB}`);
  return [
    mapped(x, (value, _, column) => value + 3 * column),
    mapped(mixed, (value, row, column) => value * 0.2 + own.data[row * dB + column]! - column),
  ];
}

test('CKA is what it is defined to be, of few prompts and of many, for models of other widths', async () => {
  for (const [n, dA, dB] of [
    [2, 3, 5],
    [7, 11, 11],
    [11, 11, 11],
    [40, 9, 9],
    [13, 9, 17],
    [13, 17, 9],
    [50, 3, 21],
    [33, 1, 1],
  ] as const) {
    const [x, y] = related(n, dA, dB);
    near(await cka(x, y), oracle(x, y), `${n} prompts, widths ${dA} and ${dB}`);
    near(await cka(y, x), oracle(x, y), 'the other way round');
  }
});

test('it is 1 of a model with itself, and a rotation, a scale and a shift change nothing', async () => {
  for (const [n, d] of [
    [6, 15],
    [40, 8],
  ] as const) {
    const [x, y] = related(n, d, d);
    near(await cka(x, x), 1, 'itself');
    const turned = multiply(x, orthonormal(d, d, `rotation ${d}`));
    near(await cka(x, turned), 1, 'rotated', 2e-6);
    const moved = mapped(turned, (value, _, column) => 1e-3 * value + 0.01 * column);
    near(await cka(moved, y), oracle(x, y), 'rotated, scaled and shifted', 2e-6);
    // No other linear map is harmless.
    const stretched = mapped(x, (value, _, column) => value * (1 + column));
    assert.ok(Math.abs((await cka(stretched, y))! - oracle(x, y)) > 1e-3);
  }
});

test('few prompts make everything look alike', async () => {
  const of = (n: number) => cka(gaussian(n, 200, 'one model'), gaussian(n, 200, 'another'));
  assert.ok((await of(5))! > 0.9);
  assert.ok((await of(2000))! < 0.2);
});

test('states that are the same for all prompts have no CKA, also where only rounding tells them apart', async () => {
  const y = gaussian(9, 4, 'varies');
  const equal = mapped(y, (_, __, column) => 0.1 * (column + 1));
  assert.is(await cka(equal, y), null);
  assert.is(await cka(y, equal), null);
  const rounded = mapped(equal, (value, row) => value * (1 + (row % 2) * 2 ** -24));
  assert.is(await cka(rounded, y), null);
  assert.is(await cka(gaussian(1, 6, 'one prompt'), gaussian(1, 6, 'one prompt')), null);
  assert.is(
    await cka(
      mapped(y, () => 0),
      y,
    ),
    null,
  );
  // A thousandth of the states is no rounding error.
  near(
    await cka(
      mapped(y, (value) => 1000 + value),
      y,
    ),
    1,
    'far from 0',
    1e-6,
  );
});

test.run();
