import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { randomisedBasis } from '../../../../src/linalg/host/randomised-basis.js';
import { gaussian } from '../../../oracles/matrices.js';
import { type Dense, dense, multiply, svdOracle, transpose } from '../../../oracles/one-sided-jacobi.js';
import { energy } from '../../../oracles/projection.js';

const fixture = new URL('../../../../../test/fixtures/published/numbers.json', import.meta.url);
const { lowrank } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  lowrank: { s: number[]; omega: number[][]; values: number[]; vectors: number[][] };
};

function fromRows(rows: readonly (readonly number[])[]): Dense {
  return dense(rows.length, rows[0]!.length, rows.flat());
}

function orthonormalityOf(basis: Dense): number {
  const gram = multiply(transpose(basis), basis);
  return Math.max(...gram.data.map((value, at) => Math.abs(value - (at % (basis.columns + 1) === 0 ? 1 : 0))));
}

/** Largest difference between the spans of the first k columns, for every k at a gap of the singular values. */
function spansDiffer(a: Dense, b: Dense, values: ArrayLike<number>, smallest: number): number {
  let worst = 0;
  for (let k = 1; k <= a.columns; k++) {
    if (values[k - 1]! - (values[k] ?? 0) < smallest) continue;
    const first = (m: Dense) =>
      dense(
        m.rows,
        k,
        Array.from({ length: m.rows * k }, (_, at) => m.data[Math.floor(at / k) * m.columns + (at % k)]!),
      );
    worst = Math.max(worst, Math.abs(k - energy(multiply(transpose(first(a)), first(b)))));
  }
  return worst;
}

test('in the coordinates of the exact SVD the randomised one is what NumPy computes of the matrix itself', () => {
  const { s, omega, values, vectors } = lowrank;
  const found = randomisedBasis(Float64Array.from(s), fromRows(omega).data, 2);
  for (const [i, value] of found.values.entries()) assert.ok(Math.abs(value - values[i]!) <= 1e-12 * values[0]!);
  const basis = dense(s.length, values.length, found.vectors);
  assert.ok(orthonormalityOf(basis) < 1e-13);
  assert.ok(spansDiffer(basis, fromRows(vectors), values, 1e-3) < 1e-12);
});

/** The definition with f64 products and a QR after each: orth((ΣΣ)^p Σ Ω), then the SVD of Σ in it. */
function literally(s: Float64Array, omega: Dense, iterations: number): { values: Float64Array; vectors: Dense } {
  const scaled = (m: Dense) =>
    dense(
      m.rows,
      m.columns,
      m.data.map((x, at) => x * s[Math.floor(at / m.columns)]!),
    );
  let q = orthonormal(scaled(omega));
  for (let i = 0; i < 2 * iterations; i++) q = orthonormal(scaled(q));
  const { u, s: values } = svdOracle(scaled(q));
  return { values, vectors: u };
}

/** Gram–Schmidt, each column three times. */
function orthonormal(matrix: Dense): Dense {
  const x = transpose(matrix);
  const row = (i: number) => x.data.subarray(i * x.columns, (i + 1) * x.columns);
  for (let i = 0; i < x.rows; i++) {
    const own = row(i);
    for (let pass = 0; pass < 3; pass++) {
      for (let j = 0; j < i; j++) {
        const other = row(j);
        const cosine = own.reduce((sum, value, k) => sum + value * other[k]!, 0);
        for (let k = 0; k < own.length; k++) own[k]! -= cosine * other[k]!;
      }
      const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
      for (let k = 0; k < own.length; k++) own[k]! /= length;
    }
  }
  return transpose(x);
}

test('spectra that are flat, steep, or end in noise keep the directions that the definition gives them', () => {
  const spectra: Record<string, (i: number) => number> = {
    flat: (i) => 1 - i / 100,
    'power law': (i) => (i + 1) ** -1.2,
    'condition 1e7': (i) => 10 ** ((-7 * i) / 39),
    'a low rank on noise': (i) => (i < 6 ? 6 - i : 1e-7 * (40 - i)),
  };
  for (const [name, value] of Object.entries(spectra)) {
    const s = Float64Array.from({ length: 40 }, (_, i) => value(i));
    const omega = gaussian(40, 10, name);
    const found = randomisedBasis(s, omega.data, 2);
    const wanted = literally(s, omega, 2);
    for (const [i, x] of found.values.entries()) assert.ok(Math.abs(x - wanted.values[i]!) <= 1e-8 * s[0]!, name);
    const basis = dense(40, 10, found.vectors);
    assert.ok(orthonormalityOf(basis) < 1e-13, name);
    assert.ok(spansDiffer(basis, wanted.vectors, wanted.values, 1e-3 * s[0]!) < 1e-9, name);
  }
});

test('a matrix of low rank, and a zero matrix, get orthonormal columns with the singular value 0', () => {
  const omega = gaussian(12, 4, 'low rank');
  const low = randomisedBasis(
    Float64Array.from({ length: 12 }, (_, i) => (i < 2 ? 2 - i : 0)),
    omega.data,
    2,
  );
  assert.ok(Math.abs(low.values[0]! - 2) < 1e-12 && Math.abs(low.values[1]! - 1) < 1e-12);
  assert.ok(low.values[2]! < 1e-7 && low.values[3]! < 1e-7);
  assert.ok(orthonormalityOf(dense(12, 4, low.vectors)) < 1e-13);
  const zero = randomisedBasis(new Float64Array(12), omega.data, 2);
  assert.equal([...zero.values], [0, 0, 0, 0]);
  assert.equal(
    [...zero.vectors],
    Array.from({ length: 48 }, (_, at) => Number(Math.floor(at / 4) === at % 4)),
  );
});

test.run();
