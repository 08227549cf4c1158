import type { Arithmetic, Matrix, ProjectedUpdate } from './arithmetic.js';
import { addCoefficients, type BasisSide, WindowProjector, windowCoefficients } from './projection.js';
import { exponentOf, largestMagnitude, scaleByPowerOfTwo } from './scaling.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

/** A basis [d, r] read transposed, by ranges of d. */
export interface TransposedBasis {
  /** r. */
  readonly vectors: number;
  /** Components [start, start + count) of every basis vector: [vectors, count], row-major. */
  window(start: number, count: number): Promise<Float32Array>;
}

export interface SubspaceEnergy {
  /** ‖Δ‖²_F. */
  readonly total: number;
  /** [r]: energy along each basis vector, ‖Δ b_j‖² or ‖b_jᵀ Δ‖². */
  readonly perVector: Float64Array;
  /** One a rank: ‖store(θ_A + Δ_proj) − θ_A‖²_F. */
  readonly realised: readonly number[];
}

/**
 * Energy of an update T along every vector of a basis, and the change that a checkpoint really takes at some ascending ranks.
 * One pass over the windows for a basis of the short side, two for one of the long side.
 */
export async function subspaceEnergy(
  arithmetic: Arithmetic,
  update: TallMatrix,
  weights: TallMatrix,
  basis: TransposedBasis,
  side: BasisSide,
  ranks: readonly number[],
  how: Omit<ProjectedUpdate, 'result'>,
  onWindow: () => void,
): Promise<SubspaceEnergy> {
  let total = 0;
  const perVector = new Float64Array(basis.vectors);
  const realised = ranks.map(() => 0);
  const windows = windowsOf(update);
  const { scaled, exponent } = await nearOne(update);
  const change = { ...how, scale: 2 ** -exponent, result: 'change' } as const;
  const energies = arithmetic.rowEnergies();
  const uploadWindow = async (matrix: TallMatrix, start: number, count: number) =>
    arithmetic.upload(await matrix.window(start, count), count, matrix.columns);
  const uploadBasis = async (start: number, count: number) =>
    arithmetic.upload(await basis.window(start, count), basis.vectors, count);
  /** Queues the energies of the change at every rank. */
  const realise = async (start: number, count: number, t: Matrix, b: Matrix, c: Matrix) => {
    const theta = await uploadWindow(weights, start, count);
    const projector = new WindowProjector(arithmetic, { weights: theta, update: t, basis: b, coefficients: c, side });
    for (const rank of ranks) {
      const changed = projector.at(rank, change);
      energies.add(changed);
      changed.release();
    }
    projector.release();
    theta.release();
  };
  const addRealised = (changes: readonly Float64Array[]) => {
    for (const [i, rows] of changes.entries()) realised[i]! += sum(rows);
  };

  if (side === 'short') {
    const b = await uploadBasis(0, update.columns);
    for (const { start, count } of windows) {
      const t = await uploadWindow(scaled, start, count);
      const c = windowCoefficients(arithmetic, b, t);
      energies.add(t);
      energies.add(c);
      await realise(start, count, t, b, c);
      t.release();
      c.release();
      const [ofUpdate, ofVectors, ...changes] = await energies.read();
      total += sum(ofUpdate!);
      add(perVector, ofVectors!);
      addRealised(changes);
      onWindow();
    }
    b.release();
    return unscaled();
  }
  const c = arithmetic.zeros(basis.vectors, update.columns);
  for (const { start, count } of windows) {
    const t = await uploadWindow(scaled, start, count);
    const b = await uploadBasis(start, count);
    addCoefficients(arithmetic, b, t, c);
    energies.add(t);
    t.release();
    b.release();
    const [ofUpdate] = await energies.read();
    total += sum(ofUpdate!);
    onWindow();
  }
  energies.add(c);
  add(perVector, (await energies.read())[0]!);
  for (const { start, count } of ranks.length > 0 ? windows : []) {
    const t = await uploadWindow(scaled, start, count);
    const b = await uploadBasis(start, count);
    await realise(start, count, t, b, c);
    t.release();
    b.release();
    addRealised(await energies.read());
    onWindow();
  }
  c.release();
  return unscaled();

  function unscaled(): SubspaceEnergy {
    const factor = 4 ** exponent;
    return {
      total: total * factor,
      perVector: perVector.map((value) => value * factor),
      realised: realised.map((value) => value * factor),
    };
  }
}

/**
 * An update times the power of two that brings its first non-zero window near 1, so that squares in f32 neither overflow nor
 * vanish. 2^126 at most, so that the factor and its inverse are f32 numbers.
 */
export async function nearOne(update: TallMatrix): Promise<{ scaled: TallMatrix; exponent: number }> {
  let exponent = 0;
  for (const { start, count } of windowsOf(update)) {
    const largest = largestMagnitude(await update.window(start, count));
    if (largest === 0) continue;
    exponent = Math.max(-126, Math.min(126, exponentOf(largest)));
    break;
  }
  const window = async (start: number, count: number) => {
    const values = await update.window(start, count);
    scaleByPowerOfTwo(values, -exponent);
    return values;
  };
  return { scaled: { ...update, window }, exponent };
}

/**
 * Scalar projection of a whole update onto another one, taken as long vectors: α = ⟨Δ, A⟩ / ‖A‖², Δ_proj = α A; the published
 * code's rule for fractions ≥ 1. A zero A keeps nothing.
 */
export async function scalarEnergy(
  arithmetic: Arithmetic,
  update: TallMatrix,
  weights: TallMatrix,
  onto: TallMatrix,
  how: Omit<ProjectedUpdate, 'result'>,
): Promise<{ total: number; kept: number; realised: number }> {
  const { total, product, factor } = await scalarProjection(update, onto);
  const windows = windowsOf(update);
  let realised = 0;
  const { scaled, exponent } = await nearOne(update);
  const scale = 2 ** -exponent;
  const energies = arithmetic.rowEnergies();
  for (const { start, count } of windows) {
    const upload = (data: Float32Array) => arithmetic.upload(data, count, update.columns);
    const theta = upload(await weights.window(start, count));
    const t = upload(await scaled.window(start, count));
    const p = upload((await onto.window(start, count)).map((value) => factor * scale * value));
    const changed = arithmetic.project(theta, t, p, { ...how, scale, result: 'change' });
    energies.add(changed);
    for (const matrix of [theta, t, p, changed]) matrix.release();
    realised += 4 ** exponent * sum((await energies.read())[0]!);
  }
  return { total, kept: factor * product, realised };
}

/** α = ⟨Δ, A⟩ / ‖A‖² and what it is made of, summed in f64; 0 when one of the two is zero. */
export async function scalarProjection(
  update: TallMatrix,
  onto: TallMatrix,
): Promise<{ total: number; product: number; ontoTotal: number; factor: number }> {
  let total = 0;
  let product = 0;
  let ontoTotal = 0;
  for (const { start, count } of windowsOf(update)) {
    const t = await update.window(start, count);
    const a = await onto.window(start, count);
    for (let i = 0; i < t.length; i++) {
      total += t[i]! * t[i]!;
      product += t[i]! * a[i]!;
      ontoTotal += a[i]! * a[i]!;
    }
  }
  if (ontoTotal === 0 || total === 0) product = 0;
  return { total, product, ontoTotal, factor: ontoTotal === 0 ? 0 : product / ontoTotal };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function add(sums: Float64Array, values: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
}
