import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { gemm } from '../linalg/device/gemm.js';
import { argmax } from './argmax.js';
import { logitWindow } from './memory-plan.js';
import type { Parameter } from './parameter.js';
import { type RowWindow, rowWindows } from './rows.js';

/** The matrix [vocabulary, hidden] from outputs to logits, a window of the vocabulary at a time. */
export class OutputHead {
  readonly parameter: Parameter;
  readonly #gpu: Gpu;
  readonly #largestWindow: number | undefined;
  readonly #vocabulary: number;
  readonly #hidden: number;

  /** @param largestWindow token ids a window of logits may hold; for tests */
  constructor(gpu: Gpu, parameter: Parameter, largestWindow?: number) {
    this.#gpu = gpu;
    this.parameter = parameter;
    this.#largestWindow = largestWindow;
    const [vocabulary, hidden] = parameter.shape as readonly [number, number];
    this.#vocabulary = vocabulary;
    this.#hidden = hidden;
  }

  /** Windows of the vocabulary for so many rows of logits at a time. */
  windows(rows: number): readonly RowWindow[] {
    const largest = Math.max(128, this.#largestWindow ?? logitWindow(rows));
    return rowWindows(this.#gpu, this.#vocabulary, this.#hidden, 4, largest);
  }

  /** logits [rows, window.count] = outputs [rows, hidden] · headᵀ */
  logits(outputs: DeviceBuffer, rows: number, { first, count }: RowWindow, logits: DeviceBuffer): void {
    const { weights, type } = this.parameter;
    gemm(this.#gpu, {
      m: rows,
      n: count,
      k: this.#hidden,
      transposeB: true,
      a: { buffer: outputs },
      b: { buffer: weights, type, offset: first * this.#hidden },
      c: { buffer: logits },
    });
  }

  /** All logits of the outputs, [rows, vocabulary]. */
  async allLogits(outputs: DeviceBuffer, rows: number): Promise<Float32Array> {
    const gpu = this.#gpu;
    const windows = this.windows(rows);
    const logits = gpu.allocate(rows * windows[0]!.count * 4, 'logits');
    try {
      if (windows.length === 1) {
        this.logits(outputs, rows, windows[0]!, logits);
        return new Float32Array(await gpu.read(logits));
      }
      const all = new Float32Array(rows * this.#vocabulary);
      for (const window of windows) {
        this.logits(outputs, rows, window, logits);
        const part = new Float32Array(await gpu.read(logits, 0, rows * window.count * 4));
        for (let row = 0; row < rows; row++) {
          const ofRow = part.subarray(row * window.count, (row + 1) * window.count);
          all.set(ofRow, row * this.#vocabulary + window.first);
        }
      }
      return all;
    } finally {
      gpu.release(logits);
    }
  }

  /** Token with the largest logit of every row, the lowest of several; `noToken` where a logit is not finite. */
  async greedyTokens(outputs: DeviceBuffer, rows: number): Promise<Uint32Array> {
    const gpu = this.#gpu;
    const windows = this.windows(rows);
    const logits = gpu.allocate(rows * windows[0]!.count * 4, 'logits');
    const best = gpu.allocate(rows * 8, 'greedy tokens');
    try {
      for (const window of windows) {
        this.logits(outputs, rows, window, logits);
        argmax(gpu, rows, window, logits, best);
      }
      return new Uint32Array(await gpu.read(best)).filter((_, word) => word % 2 === 1);
    } finally {
      gpu.release(logits, best);
    }
  }
}
