import { Turns } from '../formats/turns.js';
import { fillNormal } from './normal.js';
import { RandomStream } from './philox.js';

/** Random vectors that a residual is estimated from: eight miss one ten times larger with probability below 1e-6. */
export const probes = 8;
/** Elements that are multiplied between two turns of the event loop. */
const partLength = 2 ** 19;

/**
 * Estimates ‖A − L diag(σ) Sᵀ‖_F of a decomposition that streams by, from E W for a fixed Gaussian W [n, 8]: the expected
 * ‖E W‖²_F is 8·‖E‖²_F. Everything is f64 on the host and shares nothing with how the decomposition was made.
 */
export class ResidualProbe {
  readonly #columns: number;
  /** W, row-major. */
  readonly #vectors: Float64Array;
  /** A W [m, 8]. */
  readonly #products: Float64Array;
  /** diag(σ) Sᵀ W [n, 8]. */
  #short = new Float64Array(0);
  readonly #turns = new Turns();
  #squares = 0;
  #row = 0;

  constructor(rows: number, columns: number) {
    this.#columns = columns;
    this.#vectors = new Float64Array(columns * probes);
    this.#products = new Float64Array(rows * probes);
    fillNormal(new RandomStream(0, 'residual probe'), this.#vectors);
  }

  /** Takes rows [start, …) of A. */
  async observe(window: Float32Array, start: number): Promise<void> {
    await this.#multiply(window, this.#vectors, this.#products, start * probes);
  }

  /** Takes S [n, n] and σ once they are known. @returns an estimate of ‖SᵀS − I‖_F / √n. */
  async expect(shortBasis: Float32Array, singularValues: Float64Array): Promise<number> {
    const n = this.#columns;
    const projected = new Float64Array(n * probes);
    for (let i = 0; i < n; i++) {
      await this.#turns.take();
      for (let j = 0; j < n; j++) {
        const value = shortBasis[i * n + j]!;
        for (let p = 0; p < probes; p++) projected[j * probes + p]! += value * this.#vectors[i * probes + p]!;
      }
    }
    const back = new Float64Array(n * probes);
    await this.#multiply(shortBasis, projected, back, 0);
    let squares = 0;
    for (let i = 0; i < back.length; i++) squares += (back[i]! - this.#vectors[i]!) ** 2;
    this.#short = projected.map((value, at) => value * singularValues[Math.floor(at / probes)]!);
    return Math.sqrt(squares / (n * probes));
  }

  /** Takes the next rows of L. */
  async compare(rows: Float32Array): Promise<void> {
    const count = rows.length / this.#columns;
    const products = new Float64Array(count * probes);
    await this.#multiply(rows, this.#short, products, 0);
    const from = this.#row * probes;
    for (let i = 0; i < products.length; i++) this.#squares += (products[i]! - this.#products[from + i]!) ** 2;
    this.#row += count;
  }

  /** L is given again from its first row. */
  restart(): void {
    this.#row = 0;
    this.#squares = 0;
  }

  /** The estimate of ‖A − L diag(σ) Sᵀ‖_F. */
  residual(): number {
    return Math.sqrt(this.#squares / probes);
  }

  /** Writes M B [rows, 8] at `to` of the target; m [rows, columns], b [columns, 8], row-major. */
  async #multiply(m: Float32Array, b: Float64Array, target: Float64Array, to: number): Promise<void> {
    const columns = this.#columns;
    const partRows = Math.ceil(partLength / columns);
    for (let row = 0; row * columns < m.length; row += partRows) {
      await this.#turns.take();
      multiply(m.subarray(row * columns, (row + partRows) * columns), columns, b, target, to + row * probes);
    }
  }
}

/** Writes M B [rows, 8] at `to` of the target; m [rows, columns], b [columns, 8], row-major. */
function multiply(m: Float32Array, columns: number, b: Float64Array, target: Float64Array, to: number): void {
  const sums = new Float64Array(probes);
  for (let from = 0; from < m.length; from += columns, to += probes) {
    sums.fill(0);
    for (let k = 0, at = 0; k < columns; k++, at += probes) {
      const value = m[from + k]!;
      for (let p = 0; p < probes; p++) sums[p]! += value * b[at + p]!;
    }
    target.set(sums, to);
  }
}
