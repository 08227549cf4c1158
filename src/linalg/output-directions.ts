import { Turns } from '../formats/turns.js';
import type { Arithmetic } from './arithmetic.js';
import type { SymmetricEigen } from './host/symmetric-eigen.js';
import { numericalRank } from './numerical-rank.js';
import { nowhere, type RowSink } from './orthonormalise.js';
import { exponentOf } from './scaling.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';
import { thinSvd } from './thin-svd.js';

/** Leading eigenvectors of YᵀY [m, m]. */
export interface OutputDirections {
  /** [m, k] row-major; columns beyond the numerical rank of Y are zero. */
  readonly vectors: Float32Array;
  /** [k], descending; 0 where the column is zero. */
  readonly eigenvalues: Float64Array;
}

/** A weight [rows, columns] that is read by windows of rows. */
export type WeightRows = Pick<TallMatrix, 'rows' | 'columns' | 'window'>;

/** The k leading eigenvectors of YᵀY from all of them. */
export async function outputDirections(eigen: SymmetricEigen, k: number): Promise<OutputDirections> {
  const m = eigen.values.length;
  return leading(squareRoots(eigen), 0, m, k, (i, j) => eigen.vectors[j * m + i]!);
}

/**
 * The k leading eigenvectors of YᵀY = W (XᵀX) Wᵀ, as left singular vectors of W R with R Rᵀ = XᵀX. Neither YᵀY is made, which is
 * large where a layer has many outputs, nor is its condition that of a square.
 * @param inputs eigenpairs of XᵀX. Directions of the inputs that the rounding errors of f32 vectors can make are left out.
 */
export async function outputDirectionsOf(
  arithmetic: Arithmetic,
  weight: WeightRows,
  inputs: SymmetricEigen,
  k: number,
): Promise<OutputDirections> {
  const { rows: m } = weight;
  const roots = squareRoots(inputs);
  const rank = numericalRank(roots);
  const zero = { vectors: new Float32Array(m * k), eigenvalues: new Float64Array(k) };
  if (rank === 0) return zero;
  const exponent = exponentOf(roots[0]!);
  const root = await rootRows(inputs, roots, rank, exponent);
  const product = await timesRoot(arithmetic, weight, root, rank);
  if (m >= rank) {
    const sink = new FirstColumns(rank, Math.min(rank, k));
    const { singularValues } = await thinSvd(arithmetic, inMemory(product, m, rank), sink);
    return leading(singularValues, exponent, m, k, (i, j) => sink.at(i, j));
  }
  const wide = inMemory(await transposed(product, m, rank), rank, m);
  const { singularValues, shortBasis } = await thinSvd(arithmetic, wide, nowhere);
  return leading(singularValues, exponent, m, k, (i, j) => shortBasis[i * m + j]!);
}

/** @param exponent of two, by which the singular values are to be multiplied */
async function leading(
  singularValues: Float64Array,
  exponent: number,
  m: number,
  k: number,
  at: (row: number, column: number) => number,
): Promise<OutputDirections> {
  const rank = Math.min(k, numericalRank(singularValues));
  const turns = new Turns();
  const vectors = new Float32Array(m * k);
  for (let i = 0; i < m; i++) {
    await turns.take();
    for (let j = 0; j < rank; j++) vectors[i * k + j] = at(i, j);
  }
  const eigenvalues = new Float64Array(k);
  for (let j = 0; j < rank; j++) eigenvalues[j] = singularValues[j]! ** 2 * 4 ** exponent;
  return { vectors, eigenvalues };
}

function squareRoots({ values }: SymmetricEigen): Float64Array {
  return values.map((value) => Math.sqrt(Math.max(0, value)));
}

/** Rows √λ_i v_i of the leading eigenpairs [rank, n], times 2^−exponent. */
async function rootRows(
  { vectors }: SymmetricEigen,
  roots: Float64Array,
  rank: number,
  exponent: number,
): Promise<Float32Array> {
  const n = roots.length;
  const turns = new Turns();
  const rows = new Float32Array(rank * n);
  for (let i = 0; i < rank; i++) {
    await turns.take();
    const factor = roots[i]! * 2 ** -exponent;
    for (let j = 0; j < n; j++) rows[i * n + j] = factor * vectors[i * n + j]!;
  }
  return rows;
}

/** W Rᵀ [m, r] of the rows R [r, n]. */
async function timesRoot(
  arithmetic: Arithmetic,
  weight: WeightRows,
  root: Float32Array,
  r: number,
): Promise<Float32Array> {
  const product = new Float32Array(weight.rows * r);
  const right = arithmetic.upload(root, r, weight.columns);
  for (const { start, count } of windowsOf(weight)) {
    const left = arithmetic.upload(await weight.window(start, count), count, weight.columns);
    const part = arithmetic.product(left, right, { transposeB: true });
    product.set(await arithmetic.download(part), start * r);
    left.release();
    part.release();
  }
  right.release();
  return product;
}

async function transposed(matrix: Float32Array, rows: number, columns: number): Promise<Float32Array> {
  const turns = new Turns();
  const result = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    await turns.take();
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!;
  }
  return result;
}

function inMemory(data: Float32Array, rows: number, columns: number): TallMatrix {
  return { rows, columns, window: async (start, count) => data.slice(start * columns, (start + count) * columns) };
}

/** Keeps the first columns of a matrix. */
class FirstColumns implements RowSink {
  readonly #columns: number;
  readonly #kept: number;
  #rows: Float32Array[] = [];

  constructor(columns: number, kept: number) {
    this.#columns = columns;
    this.#kept = kept;
  }

  async append(rows: Float32Array): Promise<void> {
    const turns = new Turns();
    for (let at = 0; at < rows.length; at += this.#columns) {
      await turns.take();
      this.#rows.push(rows.slice(at, at + this.#kept));
    }
  }

  async restart(): Promise<void> {
    this.#rows = [];
  }

  at(row: number, column: number): number {
    return this.#rows[row]![column]!;
  }
}
