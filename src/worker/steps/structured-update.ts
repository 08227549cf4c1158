import type { Turns } from '../../formats/turns.js';
import { power } from '../../linalg/elementary.js';
import { hostGemm, rows as rowsView, transposed } from '../../linalg/host/gemm.js';
import { fillNormal } from '../../linalg/normal.js';
import { RandomStream } from '../../linalg/philox.js';
import { updateRank } from '../../linalg/update-rank.js';
import { squaredNorm, UnitVectors } from './unit-vectors.js';

/** Part of the squared norm that lies in the flat floor; the rest is the low-rank part. */
const floorShare = 0.25;
/** Elements of a window: a tenth of a second of work. */
const windowElements = 2 ** 18;

export interface UpdateShape {
  readonly rows: number;
  readonly columns: number;
}

/** A matrix that is read by ranges of rows, row-major. */
export interface RowWindows {
  window(start: number, count: number): Promise<Float64Array>;
}

export interface UpdateOptions {
  readonly seed: number;
  /** The tensor's name: tensors of one shape get independent updates. */
  readonly stream: string;
  /** σ_i ∝ i^(−decay) in the low-rank part. */
  readonly decay: number;
  /** An update of the same shape, and how much of each singular direction is taken from its leading ones. */
  readonly shared?: { readonly update: RowWindows; readonly weight: number };
}

/** Row ranges of a matrix that are made or read at a time. */
export function* rowWindows({ rows, columns }: UpdateShape): Generator<{ start: number; count: number }> {
  const size = Math.max(1, Math.floor(windowElements / Math.max(1, columns)));
  for (let start = 0; start < rows; start += size) yield { start, count: Math.min(size, rows - start) };
}

/**
 * A matrix [rows, columns], both at least 2, of Frobenius norm 1 that looks like a fine-tuning update: a low-rank part
 * Σ i^(−decay) u_i v_iᵀ on a floor of Gaussian noise. Every row of the floor is made as long as the others and orthogonal to
 * the same row of the low-rank part, so the two parts have their shares of the squared norm exactly and no pass over the
 * matrix is needed to find out. With `shared`, every u_i and v_i has an expected squared cosine of `weight` with the leading
 * singular space of the other update, so the overlap of the two updates is set by it.
 * It is made by windows of rows, so memory follows the window and the vectors u_i and v_i, and the event loop turns between
 * them. Arithmetic is f64 in a fixed order and the random numbers are portable: the same bits on every machine.
 */
export class StructuredUpdate {
  readonly #shape: UpdateShape;
  readonly #left: UnitVectors;
  readonly #right: UnitVectors;
  readonly #floor: RandomStream;
  readonly #lowRankScale: number;

  private constructor(shape: UpdateShape, left: UnitVectors, right: UnitVectors, floor: RandomStream, scale: number) {
    this.#shape = shape;
    this.#left = left;
    this.#right = right;
    this.#floor = floor;
    this.#lowRankScale = scale;
  }

  static async make(
    shape: UpdateShape,
    { seed, stream, decay, shared }: UpdateOptions,
    turns: Turns,
  ): Promise<StructuredUpdate> {
    const { rows, columns } = shape;
    const rank = updateRank(rows, columns);
    const vectors = (name: string, length: number) =>
      UnitVectors.gaussian(new RandomStream(seed, `${stream}/${name}`), rank, length, turns);
    const right = await vectors('right', columns);
    const left = await vectors('left', rows);
    if (shared !== undefined) {
      const leading = await leadingSpaces(shared.update, shape, await vectors('sketch', rows), turns);
      left.blend(leading.left, shared.weight);
      right.blend(leading.right, shared.weight);
    }
    await left.orthonormalise(turns);
    await right.orthonormalise(turns);
    let lowRankSquares = 0;
    for (let i = 0; i < rank; i++) {
      const singular = power(i + 1, -decay);
      lowRankSquares += singular * singular * left.squaredNorm(i) * right.squaredNorm(i);
      left.scale(i, singular);
    }
    const floor = new RandomStream(seed, `${stream}/floor`);
    return new StructuredUpdate(shape, left, right, floor, Math.sqrt((1 - floorShare) / lowRankSquares));
  }

  /** Rows [start, start + count), row-major. */
  window(start: number, count: number): Float64Array {
    const { rows, columns } = this.#shape;
    const window = new Float64Array(count * columns);
    const left = { data: this.#left.data, at: start, rowStep: 1, columnStep: rows };
    const right = rowsView(this.#right.data, columns);
    hostGemm(count, columns, this.#left.count, this.#lowRankScale, left, right, { data: window, stride: columns });
    const floor = new Float64Array(count * columns);
    fillNormal(this.#floor, floor, start * columns);
    for (let row = 0; row < floor.length; row += columns) {
      addFloor(window.subarray(row, row + columns), floor.subarray(row, row + columns), floorShare / rows);
    }
    return window;
  }
}

/** own ← own + the part of `noise` that is orthogonal to it, brought to this squared norm. */
function addFloor(own: Float64Array, noise: Float64Array, squares: number): void {
  let [product, ownSquares] = [0, 0];
  for (let k = 0; k < own.length; k++) {
    product += own[k]! * noise[k]!;
    ownSquares += own[k]! * own[k]!;
  }
  const along = ownSquares === 0 ? 0 : product / ownSquares;
  let left = 0;
  for (let k = 0; k < own.length; k++) {
    noise[k]! -= along * own[k]!;
    left += noise[k]! * noise[k]!;
  }
  const scale = Math.sqrt(squares / left);
  for (let k = 0; k < own.length; k++) own[k]! += scale * noise[k]!;
}

/** A matrix of one row or column, of norm 1: seeded noise and, with `shared`, the other update's direction with squared cosine `weight`. */
export async function structuredVector(
  { rows, columns }: UpdateShape,
  { seed, stream, shared }: Omit<UpdateOptions, 'decay'>,
  turns: Turns,
): Promise<Float64Array> {
  const length = rows * columns;
  const vector = await UnitVectors.gaussian(new RandomStream(seed, `${stream}/vector`), 1, length, turns);
  if (shared !== undefined) {
    const other = (await shared.update.window(0, rows)).slice();
    const norm = Math.sqrt(squaredNorm(other));
    if (norm > 0)
      vector.blend(
        new UnitVectors(
          other.map((value) => value / norm),
          1,
          length,
        ),
        shared.weight,
      );
  }
  if (length > 0) vector.scale(0, 1 / Math.sqrt(squaredNorm(vector.data)));
  return vector.data;
}

/**
 * Orthonormal vectors that span the leading left and right singular spaces of an update nearly: one step of subspace
 * iteration from a random sketch (Halko, Martinsson and Tropp 2011, algorithm 4.4 with q = 1/2).
 */
async function leadingSpaces(
  update: RowWindows,
  shape: UpdateShape,
  sketch: UnitVectors,
  turns: Turns,
): Promise<{ left: UnitVectors; right: UnitVectors }> {
  const { rows, columns } = shape;
  const { count: rank } = sketch;
  const right = new UnitVectors(new Float64Array(rank * columns), rank, columns);
  for (const { start, count } of rowWindows(shape)) {
    await turns.take();
    const window = rowsView(await update.window(start, count), columns);
    hostGemm(rank, columns, count, 1, rowsView(sketch.data, rows, start), window, {
      data: right.data,
      stride: columns,
    });
  }
  await right.orthonormalise(turns);
  const left = new UnitVectors(new Float64Array(rank * rows), rank, rows);
  for (const { start, count } of rowWindows(shape)) {
    await turns.take();
    const window = transposed(rowsView(await update.window(start, count), columns));
    hostGemm(rank, count, columns, 1, rowsView(right.data, columns), window, {
      data: left.data,
      stride: rows,
      at: start,
    });
  }
  await left.orthonormalise(turns);
  return { left, right };
}
