import { StepError } from '../diagnostics/errors.js';
import { Turns } from '../formats/turns.js';
import type { Arithmetic } from './arithmetic.js';
import { gramOf } from './gram.js';
import { hostCompute } from './host/compute.js';
import type { SymmetricEigen } from './host/symmetric-eigen.js';
import { fillNormal } from './normal.js';
import { numericalRank } from './numerical-rank.js';
import { orthonormalise, type RowSink } from './orthonormalise.js';
import { RandomStream } from './philox.js';
import { ResidualProbe } from './residual-probe.js';
import { exponentOf, scaleByPowerOfTwo } from './scaling.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

export interface ThinSvd {
  /** [n], descending. */
  readonly singularValues: Float64Array;
  /** [n, n] row-major, f32: column j is the singular vector of the short side for singularValues[j]. */
  readonly shortBasis: Float32Array;
}

/** Relative error that a decomposition may have. */
const accuracy = 4e-6;

/**
 * Thin SVD A = L diag(σ) Sᵀ of a tall matrix [m, n]; L [m, n] goes to `longBasis` by windows of rows.
 *
 * 1. G = AᵀA, near-exact (Arithmetic.exactGram), summed over windows in f64.
 * 2. G = S Λ Sᵀ in f64 on the host, σ = √Λ. The error of G and of this step is a few 1e-16·σ₁², so S spans the right
 *    subspaces down to singular values of about 1e-7·σ₁.
 * 3. L = orthonormalise(A S Σ⁻¹), in f32: its rounding errors, about 1e-7·σ₁ / σ_j in column j, are as if A had been
 *    perturbed in its last bits.
 * 4. Columns with σ_j ≤ 2⁻²²·σ₁ hold rounding errors only (`numericalRank`): they start from random numbers instead. They
 *    complete the basis and mean nothing: whoever uses it leaves them out. A zero matrix has L = the first n unit vectors
 *    and S = I.
 *
 * Errors of orthogonality and of A itself are estimated on the way from numbers that the device has not touched.
 * @throws StepError when they are over 4e-6.
 */
export async function thinSvd(arithmetic: Arithmetic, a: TallMatrix, longBasis: RowSink): Promise<ThinSvd> {
  const probe = new ResidualProbe(a.rows, a.columns);
  const { gram, energy } = await gramAndEnergy(arithmetic, a, probe);
  const turns = new Turns();
  const { singularValues, shortBasis } = await shortSide(await hostCompute.eigen(gram, a.columns), a.columns, turns);
  const largest = singularValues[0]!;
  if (largest === 0) {
    await appendUnitVectors(a, longBasis);
    return { singularValues, shortBasis };
  }
  certify('‖SᵀS − I‖ / √n', await probe.expect(shortBasis, singularValues));
  const exponent = exponentOf(largest);
  const scaled: TallMatrix = {
    ...a,
    window: async (start, count) => {
      const window = await a.window(start, count);
      scaleByPowerOfTwo(window, -exponent);
      return window;
    },
  };
  const rank = numericalRank(singularValues);
  const inverses = singularValues.map((value, j) => (j < rank ? 2 ** exponent / value : 0));
  await turns.take();
  const factor = columnsTimes(shortBasis, inverses);
  const fill =
    rank < a.columns ? (window: Float32Array, start: number) => fillRandom(window, start, a, rank) : undefined;
  await orthonormalise(arithmetic, scaled, factor, probed(longBasis, probe), fill);
  certify('‖A − L Σ Sᵀ‖ / ‖A‖', probe.residual() / Math.sqrt(energy));
  return { singularValues, shortBasis };
}

/** Singular values and vectors of the short side from the eigenpairs of AᵀA; the identity when A is zero. */
async function shortSide({ values, vectors }: SymmetricEigen, n: number, turns: Turns): Promise<ThinSvd> {
  const singularValues = values.map((value) => Math.sqrt(Math.max(0, value)));
  const shortBasis = new Float32Array(n * n);
  for (let j = 0; j < n; j++) {
    await turns.take();
    const vector = vectors.subarray(j * n, (j + 1) * n);
    const sign = signOfLargest(vector);
    for (let i = 0; i < n; i++) {
      shortBasis[i * n + j] = singularValues[0] === 0 ? Number(i === j) : sign * vector[i]!;
    }
  }
  return { singularValues, shortBasis };
}

/** A [rows, columns] matrix with its columns multiplied by these factors. */
function columnsTimes(matrix: Float32Array, factors: Float64Array): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < matrix.length; row += factors.length) {
    for (let j = 0; j < factors.length; j++) result[row + j] = matrix[row + j]! * factors[j]!;
  }
  return result;
}

/** Lets the probe see what goes to the sink. */
function probed(sink: RowSink, probe: ResidualProbe): RowSink {
  return {
    append: async (rows) => {
      await probe.compare(rows);
      await sink.append(rows);
    },
    restart: () => {
      probe.restart();
      return sink.restart();
    },
  };
}

/** @throws StepError when an estimated error is over what decompositions are held to. */
function certify(what: string, error: number): void {
  if (error <= accuracy) return;
  throw new StepError(
    `the decomposition is wrong: ${what} is about ${error.toExponential(1)}, allowed are ${accuracy}`,
    {
      hint: 'The device does not compute as it should; run `runflow doctor`, or choose another with RUNFLOW_ADAPTER.',
    },
  );
}

/** AᵀA in f64 and its trace ‖A‖²_F. */
async function gramAndEnergy(
  arithmetic: Arithmetic,
  a: TallMatrix,
  probe: ResidualProbe,
): Promise<{ gram: Float64Array; energy: number }> {
  const n = a.columns;
  const gram = await gramOf(arithmetic, a, (window, start) => probe.observe(window, start));
  let energy = 0;
  for (let i = 0; i < n; i++) energy += gram[i * n + i]!;
  return { gram, energy };
}

/** Makes a vector's sign definite: its largest component, the first of equals, is positive. */
function signOfLargest(vector: Float64Array): number {
  let largest = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? -1 : 1;
}

/** Overwrites columns rank … n − 1 of a window of rows with numbers of variance 1/m that depend on their place only. */
function fillRandom(window: Float32Array, start: number, { rows, columns }: TallMatrix, rank: number): void {
  const missing = columns - rank;
  const random = new Float32Array((window.length / columns) * missing);
  fillNormal(new RandomStream(0, 'completion of a singular basis'), random, start * missing);
  const scale = 1 / Math.sqrt(rows);
  for (let i = 0, from = 0; i < window.length; i += columns) {
    for (let j = rank; j < columns; j++) window[i + j] = scale * random[from++]!;
  }
}

async function appendUnitVectors(shape: TallMatrix, sink: RowSink): Promise<void> {
  for (const { start, count } of windowsOf(shape)) {
    const rows = new Float32Array(count * shape.columns);
    for (let i = 0; i < count && start + i < shape.columns; i++) rows[i * shape.columns + start + i] = 1;
    await sink.append(rows);
  }
}
