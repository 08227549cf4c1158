import type { Turns } from '../../formats/turns.js';
import { power } from '../../linalg/elementary.js';
import { hostGemm, rows as rowsView, transposed } from '../../linalg/host-gemm.js';
import { fillNormal } from '../../linalg/normal.js';
import { RandomStream } from '../../linalg/philox.js';
import { squaredNorm, UnitVectors } from './unit-vectors.js';

/** Part of the squared norm that lies in the flat floor; the rest is the low-rank part. */
const floorShare = 0.25;
/** Rank of the low-rank part: an eighth of the full rank, at most this. */
const maximumRank = 128;
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
 * A matrix [rows, columns] of Frobenius norm 1 that looks like a fine-tuning update: a low-rank part Σ i^(−decay) u_i v_iᵀ on
 * a floor of Gaussian noise. With `shared`, every u_i and v_i has an expected squared cosine of `weight` with the leading
 * singular space of the other update, so the overlap of the two updates is set by it.
 * It is made by windows of rows, so memory follows the window and the vectors u_i and v_i, and the event loop turns between
 * them. Arithmetic is f64 in a fixed order and the random numbers are portable: the same bits on every machine.
 */
export class StructuredUpdate {
  readonly #shape: UpdateShape;
  readonly #left: UnitVectors;
  readonly #right: UnitVectors;
  readonly #floor: RandomStream;
  #lowRankScale = 1;
  #floorScale = 1;

  private constructor(shape: UpdateShape, left: UnitVectors, right: UnitVectors, floor: RandomStream) {
    this.#shape = shape;
    this.#left = left;
    this.#right = right;
    this.#floor = floor;
  }

  /** @param onWindow told of every window of the pass that measures the update */
  static async make(
    shape: UpdateShape,
    { seed, stream, decay, shared }: UpdateOptions,
    turns: Turns,
    onWindow: (rows: number) => void = () => undefined,
  ): Promise<StructuredUpdate> {
    const { rows, columns } = shape;
    const rank = Math.min(maximumRank, Math.ceil(Math.min(rows, columns) / 8));
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
    for (let i = 0; i < rank; i++) left.scale(i, power(i + 1, -decay));
    const update = new StructuredUpdate(shape, left, right, new RandomStream(seed, `${stream}/floor`));
    await update.#normalise(turns, onWindow);
    return update;
  }

  /** Rows [start, start + count), row-major. */
  window(start: number, count: number): Float64Array {
    const window = this.#floorWindow(start, count);
    for (let i = 0; i < window.length; i++) window[i]! *= this.#floorScale;
    this.#addLowRank(start, count, this.#lowRankScale, window);
    return window;
  }

  #floorWindow(start: number, count: number): Float64Array {
    const window = new Float64Array(count * this.#shape.columns);
    fillNormal(this.#floor, window, start * this.#shape.columns);
    return window;
  }

  #addLowRank(start: number, count: number, factor: number, window: Float64Array): void {
    const { rows, columns } = this.#shape;
    const left = { data: this.#left.data, at: start, rowStep: 1, columnStep: rows };
    const right = rowsView(this.#right.data, columns);
    hostGemm(count, columns, this.#left.count, factor, left, right, { data: window, stride: columns });
  }

  /** Finds the factors that give the two parts their shares and the whole the norm 1, from sums over rows. */
  async #normalise(turns: Turns, onWindow: (rows: number) => void): Promise<void> {
    let [floorSquares, lowRankSquares, products] = [0, 0, 0];
    const { columns } = this.#shape;
    for (const { start, count } of rowWindows(this.#shape)) {
      await turns.take();
      const floor = this.#floorWindow(start, count);
      await turns.take();
      const lowRank = new Float64Array(floor.length);
      this.#addLowRank(start, count, 1, lowRank);
      for (let row = 0; row < floor.length; row += columns) {
        let [a, b, ab] = [0, 0, 0];
        for (let at = row; at < row + columns; at++) {
          a += floor[at]! * floor[at]!;
          b += lowRank[at]! * lowRank[at]!;
          ab += floor[at]! * lowRank[at]!;
        }
        floorSquares += a;
        lowRankSquares += b;
        products += ab;
      }
      onWindow(count);
    }
    const floorScale = Math.sqrt(floorShare / floorSquares);
    const lowRankScale = Math.sqrt((1 - floorShare) / lowRankSquares);
    const whole = Math.sqrt(1 + 2 * floorScale * lowRankScale * products);
    this.#floorScale = floorScale / whole;
    this.#lowRankScale = lowRankScale / whole;
  }
}

/** A vector of norm 1: seeded noise and, with `shared`, the other update's direction with squared cosine `weight`. */
export async function structuredVector(
  length: number,
  { seed, stream, shared }: Omit<UpdateOptions, 'decay'>,
  turns: Turns,
): Promise<Float64Array> {
  const vector = await UnitVectors.gaussian(new RandomStream(seed, `${stream}/vector`), 1, length, turns);
  if (shared !== undefined) {
    const other = (await shared.update.window(0, length)).slice();
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
      ...{ data: left.data, stride: rows, at: start },
    });
  }
  await left.orthonormalise(turns);
  return { left, right };
}
