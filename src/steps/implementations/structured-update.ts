import { power } from '../../linalg/elementary.js';
import { fillNormal } from '../../linalg/normal.js';
import { RandomStream } from '../../linalg/philox.js';

/** Part of the squared norm that lies in the flat floor; the rest is the low-rank part. */
const floorShare = 0.25;
/** Rank of the low-rank part: an eighth of the full rank, at most this. */
const maximumRank = 128;

export interface UpdateShape {
  readonly rows: number;
  readonly columns: number;
}

export interface UpdateOptions {
  readonly seed: number;
  /** The tensor's name: tensors of one shape get independent updates. */
  readonly stream: string;
  /** σ_i ∝ i^(−decay) in the low-rank part. */
  readonly decay: number;
  /** An update [rows, columns], row-major, and how much of each singular direction is taken from its leading ones. */
  readonly shared?: { readonly update: Float64Array; readonly weight: number };
}

/**
 * A matrix [rows, columns], row-major, of Frobenius norm 1 that looks like a fine-tuning update: a low-rank part
 * Σ i^(−decay) u_i v_iᵀ on a floor of Gaussian noise. With `shared`, every u_i and v_i has an expected squared cosine of
 * `weight` with the leading singular space of the other update, so the overlap of the two updates is set by it.
 * Arithmetic is f64 in a fixed order and the random numbers are portable: the same bits on every machine.
 */
export function structuredUpdate({ rows, columns }: UpdateShape, options: UpdateOptions): Float64Array {
  const { seed, stream, decay, shared } = options;
  const update = new Float64Array(rows * columns);
  if (rows * columns === 0) return update;
  const rank = Math.min(maximumRank, Math.ceil(Math.min(rows, columns) / 8));
  const right = gaussianColumns(new RandomStream(seed, `${stream}/right`), columns, rank);
  const left = gaussianColumns(new RandomStream(seed, `${stream}/left`), rows, rank);
  if (shared !== undefined) {
    const leading = leadingSpaces(
      shared.update,
      rows,
      columns,
      gaussianColumns(new RandomStream(seed, `${stream}/sketch`), rows, rank),
    );
    blend(left, leading.left, shared.weight);
    blend(right, leading.right, shared.weight);
  }
  orthonormalise(left);
  orthonormalise(right);
  const singular = Float64Array.from({ length: rank }, (_, i) => power(i + 1, -decay));
  const lowRankScale = Math.sqrt(1 - floorShare) / norm(singular);
  fillNormal(new RandomStream(seed, `${stream}/floor`), update);
  scale(update, Math.sqrt(floorShare) / norm(update));
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < rank; i++) {
      const factor = lowRankScale * singular[i]! * left[i]![row]!;
      const direction = right[i]!;
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        update[at] = update[at]! + factor * direction[column]!;
      }
    }
  }
  scale(update, 1 / norm(update));
  return update;
}

/** A vector of norm 1: seeded noise and, with `shared`, the other update's direction with squared cosine `weight`. */
export function structuredVector(length: number, options: Omit<UpdateOptions, 'decay'>): Float64Array {
  const [vector] = gaussianColumns(new RandomStream(options.seed, `${options.stream}/vector`), length, 1) as [
    Float64Array,
  ];
  const { shared } = options;
  if (shared !== undefined && norm(shared.update) > 0) {
    const direction = shared.update.slice();
    scale(direction, 1 / norm(direction));
    blend([vector], [direction], shared.weight);
  }
  if (length > 0) scale(vector, 1 / norm(vector));
  return vector;
}

export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

function scale(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor;
}

/** `count` columns of the given length with independent normal entries, each of norm 1. */
function gaussianColumns(stream: RandomStream, length: number, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, i) => {
    const column = new Float64Array(length);
    fillNormal(stream, column, i * length);
    if (length > 0) scale(column, 1 / norm(column));
    return column;
  });
}

/** own ← √(1 − weight)·own + √weight·other, column by column. A zero column of `other` leaves `own` as it is. */
function blend(own: readonly Float64Array[], other: readonly Float64Array[], weight: number): void {
  const keep = Math.sqrt(1 - weight);
  const take = Math.sqrt(weight);
  for (const [i, column] of own.entries()) {
    const direction = other[i]!;
    if (norm(direction) === 0) continue;
    for (let k = 0; k < column.length; k++) column[k] = keep * column[k]! + take * direction[k]!;
  }
}

/**
 * Orthonormal columns that span the leading left and right singular spaces of an update nearly: one step of subspace
 * iteration from a random sketch (Halko, Martinsson and Tropp 2011, algorithm 4.4 with q = 1/2).
 */
function leadingSpaces(
  update: Float64Array,
  rows: number,
  columns: number,
  sketch: readonly Float64Array[],
): { left: Float64Array[]; right: Float64Array[] } {
  const right = sketch.map((column) => {
    const product = new Float64Array(columns);
    for (let row = 0; row < rows; row++) {
      const factor = column[row]!;
      for (let k = 0; k < columns; k++) product[k] = product[k]! + factor * update[row * columns + k]!;
    }
    return product;
  });
  orthonormalise(right);
  const left = right.map((column) => {
    const product = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += update[row * columns + k]! * column[k]!;
      product[row] = sum;
    }
    return product;
  });
  orthonormalise(left);
  return { left, right };
}

/** Modified Gram–Schmidt, twice over each column. A column that depends on those before it becomes zero. */
function orthonormalise(columns: readonly Float64Array[]): void {
  for (const [i, column] of columns.entries()) {
    const before = norm(column);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = columns[j]!;
        let cosine = 0;
        for (let k = 0; k < column.length; k++) cosine += column[k]! * other[k]!;
        for (let k = 0; k < column.length; k++) column[k] = column[k]! - cosine * other[k]!;
      }
    }
    const after = norm(column);
    if (after > 1e-12 * before) scale(column, 1 / after);
    else column.fill(0);
  }
}
