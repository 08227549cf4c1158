import type { Arithmetic, Matrix, ProjectedUpdate } from './arithmetic.js';
import { addCoefficients, type BasisSide, WindowProjector, windowCoefficients } from './projection.js';
import { nearOne, type TransposedBasis } from './subspace-energy.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

/** A tensor that a projection makes, by windows of the tall orientation: those of `windowsOf(update)`, in any order. */
export interface ProjectedWindows {
  /** Rows [start, start + count), in f32: of θ' where there are weights, else of Δ_proj / scale. */
  window(start: number, count: number): Promise<Float32Array>;
  /** A power of two, so that a small Δ_proj keeps its digits in f32; 1 of weights. */
  readonly scale: number;
  release(): void;
}

type How = Pick<ProjectedUpdate, 'mode' | 'castUpdate'>;

/** Weights θ that the projected update is added to, as a checkpoint of a type stores them. */
export interface Target {
  readonly weights: TallMatrix;
  readonly storage: ProjectedUpdate['storage'];
}

/**
 * θ' = θ + Δ_proj of one tensor at one rank, with the same bits as the checkpoint that `subspaceEnergy` measures at that rank; or
 * Δ_proj alone.
 */
export async function projectOntoBasis(
  arithmetic: Arithmetic,
  update: TallMatrix,
  target: Target | undefined,
  basis: TransposedBasis,
  side: BasisSide,
  rank: number,
  mode: How,
): Promise<ProjectedWindows> {
  const { scaled, exponent } = await nearOne(update);
  const how = howOf(target, mode, exponent);
  const upload = async (matrix: TallMatrix, start: number, count: number) =>
    arithmetic.upload(await matrix.window(start, count), count, matrix.columns);
  // The bases of all ranks are nested: the first vectors are all that this one needs.
  const uploadBasis = async (start: number, count: number) =>
    arithmetic.upload((await basis.window(start, count)).subarray(0, rank * count), rank, count);
  const whole = side === 'short' ? await uploadBasis(0, update.columns) : undefined;
  const shared = side === 'long' ? arithmetic.zeros(rank, update.columns) : undefined;
  for (const { start, count } of shared === undefined ? [] : windowsOf(update)) {
    const [b, t] = [await uploadBasis(start, count), await upload(scaled, start, count)];
    addCoefficients(arithmetic, b, t, shared!);
    release(b, t);
    await arithmetic.settled();
  }
  return {
    scale: scaleOf(target, exponent),
    async window(start, count) {
      const t = await upload(scaled, start, count);
      // A change alone reads no weights.
      const theta = target === undefined ? t : await upload(target.weights, start, count);
      const b = whole ?? (await uploadBasis(start, count));
      const c = shared ?? windowCoefficients(arithmetic, b, t);
      const projector = new WindowProjector(arithmetic, { weights: theta, update: t, basis: b, coefficients: c, side });
      const projected = projector.at(rank, how);
      const rows = await arithmetic.download(projected);
      projector.release();
      release(t, projected, ...(theta === t ? [] : [theta]));
      release(...(whole === undefined ? [b] : []), ...(shared === undefined ? [c] : []));
      return rows;
    },
    release: () => release(...(whole === undefined ? [] : [whole]), ...(shared === undefined ? [] : [shared])),
  };
}

/** The same of Δ_proj = α A, the scalar projection of an update onto another one; see `scalarEnergy`. @param factor α */
export async function projectOntoUpdate(
  arithmetic: Arithmetic,
  update: TallMatrix,
  target: Target | undefined,
  onto: TallMatrix,
  factor: number,
  mode: How,
): Promise<ProjectedWindows> {
  const { scaled, exponent } = await nearOne(update);
  const how = howOf(target, mode, exponent);
  return {
    scale: scaleOf(target, exponent),
    async window(start, count) {
      const upload = (rows: Float32Array) => arithmetic.upload(rows, count, update.columns);
      const t = upload(await scaled.window(start, count));
      const theta = target === undefined ? t : upload(await target.weights.window(start, count));
      const p = upload((await onto.window(start, count)).map((value) => factor * how.scale * value));
      const projected = arithmetic.project(theta, t, p, how);
      const rows = await arithmetic.download(projected);
      release(t, p, projected, ...(theta === t ? [] : [theta]));
      return rows;
    },
    release() {},
  };
}

function howOf(target: Target | undefined, mode: How, exponent: number) {
  const scale = 2 ** -exponent;
  // Of an F64 checkpoint the change is Δ_proj itself.
  return target === undefined
    ? ({ ...mode, scale, storage: 'F64', result: 'change' } as const)
    : ({ ...mode, scale, storage: target.storage, result: 'weights' } as const);
}

function scaleOf(target: Target | undefined, exponent: number): number {
  return target === undefined ? 2 ** exponent : 1;
}

function release(...matrices: readonly Matrix[]): void {
  for (const matrix of matrices) matrix.release();
}
