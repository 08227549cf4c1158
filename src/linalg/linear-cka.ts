import { Turns } from '../formats/turns.js';
import type { Arithmetic } from './arithmetic.js';
import { gramOf } from './gram.js';
import { noiseLevel } from './numerical-rank.js';
import { type TallMatrix, windowsOf } from './tall-matrix.js';

/** Hidden states of n prompts, one a row, read by windows of rows; and transposed where there are fewer prompts than dimensions. */
export interface States {
  /** [n, d]. */
  readonly rows: TallMatrix;
  /** [d, n]. */
  readonly transposed?: TallMatrix;
}

/**
 * Linear CKA of two sets of states of the same prompts (Kornblith, Norouzi, Lee and Hinton, "Similarity of neural network
 * representations revisited", ICML 2019): ‖YᵀX‖²_F / (‖XᵀX‖_F ‖YᵀY‖_F), columns centred. Of fewer prompts than dimensions it
 * is computed as ⟨XXᵀ, YYᵀ⟩ / (‖XXᵀ‖ ‖YYᵀ‖), which is the same. Gram matrices are in f64, of centred states rounded to f32.
 * @returns null when the states of either side do not differ from prompt to prompt
 */
export async function linearCka(arithmetic: Arithmetic, x: States, y: States): Promise<number | null> {
  const [meanX, meanY] = [await meanOf(x.rows), await meanOf(y.rows)];
  if (meanX === null || meanY === null) return null;
  const { shared, ofX, ofY } =
    x.transposed !== undefined && y.transposed !== undefined
      ? await byPrompts(arithmetic, minusRows(x.transposed, meanX), minusRows(y.transposed, meanY))
      : await byDimensions(arithmetic, minusColumns(x.rows, meanX), minusColumns(y.rows, meanY));
  return Math.min(1, shared / Math.sqrt(ofX * ofY));
}

/** The mean row; null when rows differ from it by rounding errors at most. */
async function meanOf({ rows, columns, window }: TallMatrix): Promise<Float64Array | null> {
  const turns = new Turns();
  const first = Float64Array.from(await window(0, 1));
  // Sums of differences: equal rows have exactly their mean.
  const sums = new Float64Array(columns);
  const squares = new Float64Array(columns);
  let energy = 0;
  for (const { start, count } of windowsOf({ rows, columns })) {
    const values = await window(start, count);
    for (let row = 0; row < count; row++) {
      await turns.take();
      for (let j = 0, at = row * columns; j < columns; j++, at++) {
        const difference = values[at]! - first[j]!;
        sums[j]! += difference;
        squares[j]! += difference * difference;
        energy += values[at]! * values[at]!;
      }
    }
  }
  let variation = 0;
  for (let j = 0; j < columns; j++) variation += Math.max(0, squares[j]! - sums[j]! ** 2 / rows);
  if (variation <= noiseLevel ** 2 * energy) return null;
  return first.map((value, j) => value + sums[j]! / rows);
}

function minusColumns(matrix: TallMatrix, mean: Float64Array): TallMatrix {
  return shifted(matrix, (_, column) => mean[column]!);
}

function minusRows(matrix: TallMatrix, mean: Float64Array): TallMatrix {
  return shifted(matrix, (row) => mean[row]!);
}

function shifted(matrix: TallMatrix, by: (row: number, column: number) => number): TallMatrix {
  return {
    ...matrix,
    window: async (start, count) => {
      const values = (await matrix.window(start, count)).slice();
      for (let row = 0, at = 0; row < count; row++) {
        for (let column = 0; column < matrix.columns; column++, at++) values[at]! -= by(start + row, column);
      }
      return values;
    },
  };
}

interface Products {
  /** ‖YᵀX‖²_F. */
  readonly shared: number;
  /** ‖XᵀX‖²_F and ‖YᵀY‖²_F. */
  readonly ofX: number;
  readonly ofY: number;
}

/** Products by XXᵀ and YYᵀ, [n, n] each. */
async function byPrompts(arithmetic: Arithmetic, x: TallMatrix, y: TallMatrix): Promise<Products> {
  const [ofX, ofY] = [await gramOf(arithmetic, x), await gramOf(arithmetic, y)];
  const n = x.columns;
  const turns = new Turns();
  const sums = { shared: 0, ofX: 0, ofY: 0 };
  for (let i = 0; i < n; i++) {
    await turns.take();
    let [shared, energyX, energyY] = [0, 0, 0];
    for (let at = i * n; at < (i + 1) * n; at++) {
      shared += ofX[at]! * ofY[at]!;
      energyX += ofX[at]! * ofX[at]!;
      energyY += ofY[at]! * ofY[at]!;
    }
    sums.shared += shared;
    sums.ofX += energyX;
    sums.ofY += energyY;
  }
  return sums;
}

/** Products by the blocks of [X, Y]ᵀ [X, Y]. */
async function byDimensions(arithmetic: Arithmetic, x: TallMatrix, y: TallMatrix): Promise<Products> {
  const left = x.columns;
  const n = left + y.columns;
  const gram = await gramOf(arithmetic, sideBySide(x, y));
  const turns = new Turns();
  const sums = { shared: 0, ofX: 0, ofY: 0 };
  const energy = (from: number, to: number) => {
    let sum = 0;
    for (let at = from; at < to; at++) sum += gram[at]! * gram[at]!;
    return sum;
  };
  for (let i = 0; i < n; i++) {
    await turns.take();
    const row = i * n;
    if (i < left) {
      sums.ofX += energy(row, row + left);
      sums.shared += energy(row + left, row + n);
    } else sums.ofY += energy(row + left, row + n);
  }
  return sums;
}

function sideBySide(x: TallMatrix, y: TallMatrix): TallMatrix {
  const columns = x.columns + y.columns;
  return {
    rows: x.rows,
    columns,
    window: async (start, count) => {
      const joined = new Float32Array(count * columns);
      const [ofX, ofY] = [await x.window(start, count), await y.window(start, count)];
      for (let i = 0; i < count; i++) {
        joined.set(ofX.subarray(i * x.columns, (i + 1) * x.columns), i * columns);
        joined.set(ofY.subarray(i * y.columns, (i + 1) * y.columns), i * columns + x.columns);
      }
      return joined;
    },
  };
}
