import { StepError } from '../diagnostics/errors.js';
import type { Arithmetic, Matrix } from './arithmetic.js';
import { hostCompute, sharedArray } from './host/compute.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

/** Receives a matrix window by window; `restart` throws away what it has got. */
export interface RowSink {
  append(rows: Float32Array): Promise<void>;
  restart(): Promise<void>;
}

/** Sink of a basis that nobody reads. */
export const nowhere: RowSink = { append: async () => undefined, restart: async () => undefined };

/** Largest |QᵀQ − I| that is accepted: a quarter of the bar of 4e-6 that bases are held to. */
const orthogonality = 1e-6;
/** Two rounds settle what f32 can hold; the spare ones are for completed bases of square matrices. */
const quickRounds = 5;
/**
 * Rounds after those, whose Gram matrix is exact. Sums in f32 of equal numbers drift by some 10⁻⁶, always to the same side: the
 * column of states that are all equal then never seems to have length 1.
 */
const exactRounds = 2;

/**
 * Orthonormal columns Q [rows, columns] with span(Q[:, :j]) = span((X F)[:, :j]) for every j, given a factor F that makes
 * X F nearly orthonormal: Cholesky QR, repeated on its own result until |QᵀQ − I| is small. The last round's Gram matrix
 * certifies what was written.
 * @param fill replaces columns of X F that carry no information, window by window, before they are orthonormalised.
 * @returns the largest |QᵀQ − I| of what the sink received.
 * @throws StepError when the columns do not become orthonormal.
 */
export async function orthonormalise(
  arithmetic: Arithmetic,
  x: TallMatrix,
  factor: Float32Array,
  sink: RowSink,
  fill?: (window: Float32Array, start: number) => void,
): Promise<number> {
  const n = x.columns;
  const windows = windowsOf(x);
  const single = windows.length === 1;
  const factors: Matrix[] = [arithmetic.upload(factor, n, n)];
  // A matrix of one window stays where it is between the rounds; a larger one is made again from X, to the same bits, and
  // written as it is made, in the hope that the round is the last.
  let resident: Matrix | undefined;
  try {
    for (let round = 0; round < quickRounds + exactRounds; round++) {
      const gram = sharedArray(n * n);
      for (const { start, count } of windows) {
        let q: Matrix;
        if (resident === undefined) {
          const raw = arithmetic.upload(await x.window(start, count), count, n);
          q = replaced(raw, arithmetic.product(raw, factors[0]!));
          if (fill !== undefined) q = await edited(arithmetic, q, (data) => fill(data, start));
          for (const next of factors.slice(1)) q = replaced(q, arithmetic.product(q, next));
        } else {
          q = replaced(resident, arithmetic.product(resident, factors.at(-1)!));
        }
        // Completed columns may nearly depend on the others: only an exact Gram matrix tells by how much.
        const exact = (fill !== undefined && round === 0) || round >= quickRounds;
        add(
          gram,
          exact ? await arithmetic.exactGram(await arithmetic.download(q), count, n) : await arithmetic.gram(q),
        );
        if (single) {
          resident = q;
        } else {
          await sink.append(await arithmetic.download(q));
          q.release();
        }
      }
      const deviation = distanceFromIdentity(gram, n);
      if (deviation <= orthogonality) {
        if (resident !== undefined) await sink.append(await arithmetic.download(resident));
        return deviation;
      }
      const inverse = await hostCompute.inverseCholesky(gram, n);
      if (inverse === undefined) break;
      factors.push(arithmetic.upload(new Float32Array(inverse), n, n));
      if (!single) await sink.restart();
    }
  } finally {
    resident?.release();
    for (const matrix of factors) matrix.release();
  }
  throw new StepError(`no orthonormal basis of ${x.rows}×${n} was found: the columns stayed dependent`, {
    hint: 'This should not happen on a device that computes correctly; run `runflow doctor`.',
  });
}

function replaced(old: Matrix, by: Matrix): Matrix {
  old.release();
  return by;
}

async function edited(arithmetic: Arithmetic, matrix: Matrix, edit: (data: Float32Array) => void): Promise<Matrix> {
  const data = await arithmetic.download(matrix);
  edit(data);
  return replaced(matrix, arithmetic.upload(data, matrix.rows, matrix.columns));
}

function add(sum: Float64Array, values: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
}

function distanceFromIdentity(gram: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) largest = Math.max(largest, Math.abs(gram[i * n + j]! - (i === j ? 1 : 0)));
  }
  return largest;
}
