import type { Arithmetic, Matrix, ProjectedUpdate } from './arithmetic.js';

/**
 * Projections of an update Δ onto nested subspaces. Δ is taken as a tall matrix T (Δ, or Δᵀ when Δ is wide), the basis B
 * [d, r] belongs to T's long side (P T) or to its short side (T P), P = B_k B_kᵀ. Bases are held transposed, one vector a
 * row, so that the first k of them are the first rows.
 *
 * The coefficients C of Δ in the basis, one basis vector a row, hold every rank: row j's energy is what vector j adds, and
 * the first k rows make the projection of rank k.
 * - short side: C [r, rows of a window] = Bᵀ T_wᵀ: each window has its own.
 * - long side: C [r, columns] = Σ_w B_wᵀ T_w: all windows together.
 */
export type BasisSide = 'long' | 'short';

/** Short side: C of one window. @param basis Bᵀ [r, columns]. @param window T_w [rows, columns]. */
export function windowCoefficients(arithmetic: Arithmetic, basis: Matrix, window: Matrix): Matrix {
  return arithmetic.product(basis, window, { transposeB: true });
}

/** Long side: adds one window's part to C. @param basis B_wᵀ [r, rows]. @param window T_w [rows, columns]. */
export function addCoefficients(arithmetic: Arithmetic, basis: Matrix, window: Matrix, coefficients: Matrix): void {
  arithmetic.product(basis, window, { addTo: coefficients });
}

export interface ProjectedWindow {
  /** θ_A's window [rows, columns]. */
  readonly weights: Matrix;
  /** T_w. */
  readonly update: Matrix;
  /** Bᵀ [r, columns] (short side) or B_wᵀ [r, rows] (long side). */
  readonly basis: Matrix;
  /** C of this window (short side) or of all (long side). */
  readonly coefficients: Matrix;
  readonly side: BasisSide;
}

/**
 * Makes windows of projected checkpoints: the one place where that happens. Ranks are asked for in ascending order, so that
 * each builds on those before it; a rank's bits do not depend on which others were asked for.
 */
export class WindowProjector {
  readonly #arithmetic: Arithmetic;
  readonly #window: ProjectedWindow;
  /** The part of T_w inside the first #done basis vectors, #done a multiple of the arithmetic's sum block. */
  readonly #inside: Matrix;
  #done = 0;

  constructor(arithmetic: Arithmetic, window: ProjectedWindow) {
    this.#arithmetic = arithmetic;
    this.#window = window;
    this.#inside = arithmetic.zeros(window.update.rows, window.update.columns);
  }

  /** The weights' window with the update projected at this rank, or its change. */
  at(rank: number, how: ProjectedUpdate): Matrix {
    const whole = rank - (rank % this.#arithmetic.sumBlock);
    if (whole > this.#done) this.#addVectors(this.#done, whole, this.#inside);
    this.#done = Math.max(this.#done, whole);
    const { weights, update } = this.#window;
    if (whole === rank) return this.#arithmetic.project(weights, update, this.#inside, how);
    const inside = this.#arithmetic.copy(this.#inside);
    this.#addVectors(whole, rank, inside);
    const result = this.#arithmetic.project(weights, update, inside, how);
    inside.release();
    return result;
  }

  release(): void {
    this.#inside.release();
  }

  /** Adds the part of T_w along basis vectors [from, to). */
  #addVectors(from: number, to: number, inside: Matrix): void {
    const { basis, coefficients, side } = this.#window;
    const b = this.#arithmetic.rowRange(basis, from, to - from);
    const c = this.#arithmetic.rowRange(coefficients, from, to - from);
    const [left, right] = side === 'short' ? [c, b] : [b, c];
    this.#arithmetic.product(left, right, { transposeA: true, addTo: inside });
  }
}
