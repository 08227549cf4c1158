import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { gemm } from '../linalg/device/gemm.js';
import { addBias } from './columns.js';
import { allColumns } from './linear.js';

/** What is done to the residual stream of a decoder while it runs. */
export interface StreamChange {
  /**
   * [k, hidden], orthonormal rows, taken out of all that is written to the stream: the embeddings and what attention and MLP of
   * each layer add. The stream never has a part along them.
   */
  readonly without?: Float32Array;
  /** Added to the stream that enters a layer, at every token. */
  readonly plus?: { readonly layer: number; readonly vector: Float32Array };
}

/** The same on the device. */
export class DeviceStreamChange {
  readonly #gpu: Gpu;
  readonly #hidden: number;
  readonly #without: { readonly rows: DeviceBuffer; readonly count: number } | undefined;
  readonly #plus: { readonly layer: number; readonly vector: DeviceBuffer } | undefined;

  /** @throws TypeError when a vector is not of the stream's length */
  constructor(gpu: Gpu, hidden: number, { without, plus }: StreamChange) {
    if ((without?.length ?? 0) % hidden !== 0 || (plus !== undefined && plus.vector.length !== hidden)) {
      throw new TypeError(`a vector of the residual stream has ${hidden} components`);
    }
    this.#gpu = gpu;
    this.#hidden = hidden;
    this.#without = without && { rows: gpu.upload(without, 'directions'), count: without.length / hidden };
    this.#plus = plus && { layer: plus.layer, vector: gpu.upload(plus.vector, 'stream vector') };
  }

  /** x − (x Qᵀ) Q of what is about to be added to the stream, x [rows, hidden]. */
  written(x: DeviceBuffer, rows: number): void {
    if (this.#without === undefined) return;
    const { rows: q, count: k } = this.#without;
    const c = this.#gpu.allocate(rows * k * 4, 'coefficients');
    const [directions, coefficients, stream] = [{ buffer: q }, { buffer: c }, { buffer: x }];
    const hidden = this.#hidden;
    gemm(this.#gpu, { m: rows, n: k, k: hidden, a: stream, b: directions, c: coefficients, transposeB: true });
    gemm(this.#gpu, { m: rows, n: hidden, k, a: coefficients, b: directions, c: stream, alpha: -1, beta: 1 });
    this.#gpu.release(c);
  }

  /** Adds the vector to what enters a layer, or to a part of the sum that does, x [rows, hidden]. */
  entering(layer: number, x: DeviceBuffer, rows: number): void {
    if (this.#plus?.layer !== layer) return;
    addBias(this.#gpu, rows, allColumns(x, this.#hidden), { buffer: this.#plus.vector, type: 'F32' });
  }

  release(): void {
    if (this.#without !== undefined) this.#gpu.release(this.#without.rows);
    if (this.#plus !== undefined) this.#gpu.release(this.#plus.vector);
  }
}
