import { fillNormal } from '../../src/linalg/normal.js';
import { RandomStream } from '../../src/linalg/philox.js';
import { type Dense, dense, multiply, transpose } from './one-sided-jacobi.js';

export function gaussian(rows: number, columns: number, name: string): Dense {
  const data = new Float64Array(rows * columns);
  fillNormal(new RandomStream(11, name), data);
  return { rows, columns, data };
}

/** Orthonormal columns by Gram–Schmidt, twice. */
export function orthonormal(rows: number, columns: number, name: string): Dense {
  const x = transpose(gaussian(rows, columns, name));
  for (let i = 0; i < columns; i++) {
    const row = x.data.subarray(i * rows, (i + 1) * rows);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = x.data.subarray(j * rows, (j + 1) * rows);
        const cosine = row.reduce((sum, value, k) => sum + value * other[k]!, 0);
        for (let k = 0; k < rows; k++) row[k]! -= cosine * other[k]!;
      }
    }
    const length = Math.hypot(...row);
    for (let k = 0; k < rows; k++) row[k]! /= length;
  }
  return transpose(x);
}

/** A matrix of given singular values, rounded to f32. */
export function withSingularValues(rows: number, columns: number, value: (i: number) => number, name: string): Dense {
  const r = Math.min(rows, columns);
  const u = orthonormal(rows, r, `${name}/u`);
  for (let i = 0; i < rows; i++) for (let j = 0; j < r; j++) u.data[i * r + j]! *= value(j);
  const product = multiply(u, transpose(orthonormal(columns, r, `${name}/v`)));
  return dense(rows, columns, Float32Array.from(product.data));
}

const rounded = (matrix: Dense) => dense(matrix.rows, matrix.columns, Float32Array.from(matrix.data));

/** Updates of every kind that the singular value decomposition is judged on; all hold f32 numbers. */
export const updateMatrices: Readonly<Record<string, () => Dense>> = {
  tall: () => rounded(gaussian(130, 40, 'tall')),
  'very tall': () => rounded(gaussian(700, 9, 'very tall')),
  wide: () => rounded(gaussian(40, 130, 'wide')),
  square: () => rounded(gaussian(64, 64, 'square')),
  'odd-sized': () => rounded(gaussian(97, 61, 'odd')),
  'a row': () => rounded(gaussian(1, 33, 'row')),
  'a column': () => rounded(gaussian(33, 1, 'column')),
  'one number': () => dense(1, 1, [-2.5]),
  'rank-deficient': () => withSingularValues(80, 50, (i) => (i < 12 ? 12 - i : 0), 'deficient'),
  'rank one, square': () => withSingularValues(48, 48, (i) => (i === 0 ? 3 : 0), 'rank one'),
  clustered: () => withSingularValues(90, 60, (i) => (i < 20 ? 1 : i < 40 ? 0.5 : 0.01), 'clustered'),
  'condition 1e6': () => withSingularValues(80, 60, (i) => 10 ** ((-6 * i) / 59), 'condition'),
  'condition 1e6, square, wide': () => withSingularValues(50, 60, (i) => 10 ** ((-6 * i) / 49), 'condition wide'),
  'power law': () => withSingularValues(120, 60, (i) => (i + 1) ** -1.2, 'power law'),
  zero: () => dense(30, 20, new Float64Array(600)),
  'one non-zero element': () =>
    dense(
      20,
      30,
      Float64Array.from({ length: 600 }, (_, i) => (i === 77 ? 1e-3 : 0)),
    ),
  'tiny numbers': () => withSingularValues(40, 30, (i) => 1e-30 / (i + 1), 'tiny'),
  'huge numbers': () => withSingularValues(40, 30, (i) => 1e30 / (i + 1), 'huge'),
  'equal rows': () =>
    dense(
      160,
      24,
      Float64Array.from({ length: 160 * 24 }, (_, i) => 1 + (i % 24)),
    ),
  'equal rows, square': () =>
    dense(
      192,
      192,
      Float64Array.from({ length: 192 * 192 }, (_, i) => 1 + (i % 192)),
    ),
  'equal columns': () =>
    dense(
      25,
      10,
      Float64Array.from({ length: 250 }, (_, i) => Math.floor(i / 10) + 1),
    ),
};
