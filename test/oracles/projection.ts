import { type FloatType, fromFloat32, toFloat32 } from '../../src/formats/float-conversion.js';
import { fillNormal } from '../../src/linalg/normal.js';
import { RandomStream } from '../../src/linalg/philox.js';
import { columnsOf, type Dense, dense, multiply, transpose } from './one-sided-jacobi.js';

/** The definitions of paper and published code, in f64. */

export function difference(a: Dense, b: Dense): Dense {
  return dense(
    a.rows,
    a.columns,
    a.data.map((value, i) => value - b.data[i]!),
  );
}

export function energy(a: Dense): number {
  return a.data.reduce((sum, value) => sum + value * value, 0);
}

/** Δ V_k V_kᵀ (right) or U_k U_kᵀ Δ (left). */
export function project(update: Dense, basis: Dense, k: number, side: 'left' | 'right'): Dense {
  const first = columnsOf(basis, k);
  return side === 'right'
    ? multiply(multiply(update, first), transpose(first))
    : multiply(first, multiply(transpose(first), update));
}

export function inMode(update: Dense, inside: Dense, mode: 'parallel' | 'orthogonal' | 'opposite'): Dense {
  if (mode === 'parallel') return inside;
  if (mode === 'orthogonal') return difference(update, inside);
  return { ...inside, data: inside.data.map((value) => -value) };
}

export function roundTo(matrix: Dense, dtype: FloatType): Dense {
  if (dtype === 'F64') return matrix;
  const values = toFloat32(fromFloat32(Float32Array.from(matrix.data), dtype), dtype);
  return dense(matrix.rows, matrix.columns, values);
}

/** store(θ + cast(Δ_proj)). */
export function projectedWeights(
  weights: Dense,
  projected: Dense,
  storage: FloatType,
  cast: FloatType | undefined,
): Dense {
  const added = cast === undefined ? projected : roundTo(projected, cast);
  return roundTo({ ...weights, data: weights.data.map((value, i) => value + added.data[i]!) }, storage);
}

/** ‖store(θ + cast(Δ_proj)) − θ‖²_F. */
export function realised(weights: Dense, projected: Dense, storage: FloatType, cast: FloatType | undefined): number {
  return energy(difference(projectedWeights(weights, projected, storage, cast), weights));
}

/** ⟨Δ, A⟩ / ‖A‖² · A, both taken as long vectors. */
export function projectOntoUpdate(update: Dense, onto: Dense): Dense {
  const product = update.data.reduce((sum, value, i) => sum + value * onto.data[i]!, 0);
  const factor = product === 0 ? 0 : product / energy(onto);
  return { ...onto, data: onto.data.map((value) => factor * value) };
}

/** The random matrix of a seed: of wide tensors the transpose is drawn. */
export function randomLike({ rows, columns }: Dense, seed: number, tensor: string): Dense {
  const [long, short] = rows >= columns ? [rows, columns] : [columns, rows];
  const drawn = dense(long, short, new Float64Array(long * short));
  const values = new Float32Array(long * short);
  fillNormal(new RandomStream(seed, `scalar/${tensor}`), values);
  drawn.data.set(values);
  return rows >= columns ? drawn : transpose(drawn);
}
