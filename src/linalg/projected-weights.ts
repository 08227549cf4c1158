import type { Arithmetic, Matrix, ProjectedUpdate } from './arithmetic.js';
import { addCoefficients, type BasisSide, WindowProjector, windowCoefficients } from './projection.js';
import { nearOne, type TransposedBasis } from './subspace-energy.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

/**
 * θ' = θ + Δ_proj of one tensor at one rank, window by window of the tall orientation. The same bits as the checkpoint that
 * `subspaceEnergy` measures at that rank.
 *
 * @param receive gets rows [start, start + count) of θ', in f32
 */
export async function projectedWeights(
  arithmetic: Arithmetic,
  update: TallMatrix,
  weights: TallMatrix,
  basis: TransposedBasis,
  side: BasisSide,
  rank: number,
  how: Omit<ProjectedUpdate, 'result' | 'scale'>,
  receive: (start: number, count: number, rows: Float32Array) => void,
): Promise<void> {
  const { scaled, exponent } = await nearOne(update);
  const result = { ...how, scale: 2 ** -exponent, result: 'weights' } as const;
  const upload = async (matrix: TallMatrix, start: number, count: number) =>
    arithmetic.upload(await matrix.window(start, count), count, matrix.columns);
  // The bases of all ranks are nested: the first vectors are all that this one needs.
  const uploadBasis = async (start: number, count: number) =>
    arithmetic.upload((await basis.window(start, count)).subarray(0, rank * count), rank, count);
  const windows = windowsOf(update);
  const whole = side === 'short' ? await uploadBasis(0, update.columns) : undefined;
  const shared = side === 'long' ? arithmetic.zeros(rank, update.columns) : undefined;
  for (const { start, count } of shared === undefined ? [] : windows) {
    const [b, t] = [await uploadBasis(start, count), await upload(scaled, start, count)];
    addCoefficients(arithmetic, b, t, shared!);
    release(b, t);
    await arithmetic.settled();
  }
  for (const { start, count } of windows) {
    const [t, theta] = [await upload(scaled, start, count), await upload(weights, start, count)];
    const b = whole ?? (await uploadBasis(start, count));
    const c = shared ?? windowCoefficients(arithmetic, b, t);
    const projector = new WindowProjector(arithmetic, { weights: theta, update: t, basis: b, coefficients: c, side });
    const projected = projector.at(rank, result);
    receive(start, count, await arithmetic.download(projected));
    projector.release();
    release(t, theta, projected, ...(whole === undefined ? [b] : []), ...(shared === undefined ? [c] : []));
  }
  release(...(whole === undefined ? [] : [whole]), ...(shared === undefined ? [] : [shared]));
}

/** θ' = θ + α A, the scalar projection of an update onto another one; see `scalarEnergy`. @param factor α */
export async function scalarProjectedWeights(
  arithmetic: Arithmetic,
  update: TallMatrix,
  weights: TallMatrix,
  onto: TallMatrix,
  factor: number,
  how: Omit<ProjectedUpdate, 'result' | 'scale'>,
  receive: (start: number, count: number, rows: Float32Array) => void,
): Promise<void> {
  const { scaled, exponent } = await nearOne(update);
  const scale = 2 ** -exponent;
  for (const { start, count } of windowsOf(update)) {
    const upload = (rows: Float32Array) => arithmetic.upload(rows, count, update.columns);
    const t = upload(await scaled.window(start, count));
    const theta = upload(await weights.window(start, count));
    const p = upload((await onto.window(start, count)).map((value) => factor * scale * value));
    const projected = arithmetic.project(theta, t, p, { ...how, scale, result: 'weights' });
    receive(start, count, await arithmetic.download(projected));
    release(t, theta, p, projected);
  }
}

function release(...matrices: readonly Matrix[]): void {
  for (const matrix of matrices) matrix.release();
}
