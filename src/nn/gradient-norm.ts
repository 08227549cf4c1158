import { DataError } from '../diagnostics/errors.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { bindWindow, elementWindows, foldedGrid } from '../gpu/windows.js';
import type { Parameter } from './parameter.js';

const chunkLength = 4096;

/** Measures the norm of all gradients together and finds what is not finite, tensor by tensor. */
export class GradientNorm {
  readonly #gpu: Gpu;
  readonly #parameters: readonly Parameter[];
  readonly #partialSums: DeviceBuffer;
  readonly #counts: DeviceBuffer;
  readonly #chunks: readonly number[];
  readonly #slotBytes: number;

  constructor(gpu: Gpu, parameters: readonly Parameter[]) {
    this.#gpu = gpu;
    this.#parameters = parameters;
    this.#slotBytes = gpu.limits.minStorageBufferOffsetAlignment;
    this.#chunks = parameters.map(({ count }) => Math.ceil(count / chunkLength));
    const longest = this.#chunks.reduce((sum, chunks) => sum + this.#padded(chunks), 0);
    this.#partialSums = gpu.allocate(longest, 'partial sums of squared gradients');
    this.#counts = gpu.allocate(parameters.length * this.#slotBytes, 'non-finite gradients');
  }

  /**
   * ‖g‖₂ over all parameters; the partial sums of the device are added in f64. One read-back.
   * @throws DataError naming the first tensor whose gradient has NaN or infinite elements.
   */
  async measure(): Promise<number> {
    const gpu = this.#gpu;
    gpu.clear(this.#counts);
    let offset = 0;
    this.#parameters.forEach((parameter, index) => {
      let at = offset;
      for (const window of elementWindows(gpu, parameter.count)) {
        const chunks = Math.ceil(window.count / chunkLength);
        const { workgroups, groupsX } = foldedGrid(gpu, chunks);
        gpu.dispatch({
          kernel: 'gradient-norm',
          bindings: [
            bindWindow(parameter.gradient, window, 4),
            { of: this.#partialSums, offset: at, bytes: chunks * 4 },
            { of: this.#counts, offset: index * this.#slotBytes, bytes: 4 },
          ],
          uniforms: [window.count, groupsX],
          workgroups,
        });
        at += this.#padded(chunks);
      }
      offset += this.#padded(this.#chunks[index]!);
    });
    const counts = new Uint32Array(await gpu.read(this.#counts));
    const sums = new Float32Array(await gpu.read(this.#partialSums));
    let total = 0;
    offset = 0;
    this.#parameters.forEach(({ name, count }, index) => {
      const nonfinite = counts[(index * this.#slotBytes) / 4]!;
      let sum = 0;
      for (let chunk = 0; chunk < this.#chunks[index]!; chunk++) sum += sums[offset / 4 + chunk]!;
      if (nonfinite > 0 || !Number.isFinite(sum)) {
        const what =
          nonfinite > 0 ? `${nonfinite} of ${count} elements are NaN or infinite` : 'it is too large to square';
        throw new DataError(`The gradient of ${name} is not finite: ${what}`);
      }
      total += sum;
      offset += this.#padded(this.#chunks[index]!);
    });
    return Math.sqrt(total);
  }

  release(): void {
    this.#gpu.release(this.#partialSums, this.#counts);
  }

  /** Bytes of so many partial sums, up to the next offset that can be bound. */
  #padded(chunks: number): number {
    return Math.ceil((chunks * 4) / this.#slotBytes) * this.#slotBytes;
  }
}
