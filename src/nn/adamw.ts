import { createHash } from 'node:crypto';
import { DataError } from '../diagnostics/errors.js';
import { type Precision, precisions, roundsUpdates, type TrainedType } from '../formats/precision.js';
import { Turns } from '../formats/turns.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { bindWindow, elementWindows, foldedGrid } from '../gpu/windows.js';
import { convert } from '../linalg/device/convert.js';
import { type Parameter, storageBytes } from './parameter.js';

export type AdamWSettings = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** How pure bf16 weights are rounded. */
  readonly rounding: 'nearest' | 'stochastic';
  /** Seed of stochastic rounding. */
  readonly seed: number;
};

interface State {
  readonly parameter: Parameter;
  /** First and second moment, of the precision's type. */
  readonly mean: DeviceBuffer;
  readonly square: DeviceBuffer;
  /** f32, where the passes read coarser weights than those that are updated. */
  readonly master: DeviceBuffer | undefined;
}

/** AdamW with decoupled weight decay and bias correction (Loshchilov and Hutter, arXiv 1711.05101). */
export class AdamW {
  readonly #gpu: Gpu;
  readonly #settings: AdamWSettings;
  readonly #precision: Precision;
  readonly #states: readonly State[];
  readonly #nonfinite: DeviceBuffer;
  readonly #unused: DeviceBuffer;

  /** Starts with moments of zero, and master copies of the weights as they are. */
  static async create(
    gpu: Gpu,
    parameters: readonly Parameter[],
    precision: Precision,
    settings: AdamWSettings,
  ): Promise<AdamW> {
    const { weights, updated, moments } = precisions[precision];
    const states: State[] = [];
    const turns = new Turns();
    for (const parameter of parameters) {
      // A software device zeroes the gigabytes that it gives out, on this thread.
      await turns.take();
      const bytes = storageBytes(parameter.count, moments);
      const mean = gpu.allocate(bytes, `first moment of ${parameter.name}`);
      const square = gpu.allocate(bytes, `second moment of ${parameter.name}`);
      gpu.clear(mean);
      gpu.clear(square);
      const master = updated !== weights ? masterCopy(gpu, parameter) : undefined;
      states.push({ parameter, mean, square, master });
    }
    return new AdamW(gpu, states, precision, settings);
  }

  private constructor(gpu: Gpu, states: readonly State[], precision: Precision, settings: AdamWSettings) {
    this.#gpu = gpu;
    this.#states = states;
    this.#precision = precision;
    this.#settings = settings;
    this.#nonfinite = gpu.allocate(states.length * gpu.limits.minStorageBufferOffsetAlignment, 'non-finite weights');
    this.#unused = gpu.allocate(4, 'unused binding');
  }

  /**
   * Updates every parameter from its gradient.
   * @param step counts from 1
   * @param scale factor on all gradients: what clipping leaves of them
   * @throws DataError naming the first tensor that has weights that are NaN or infinite afterwards.
   */
  async update(step: number, rate: number, scale: number): Promise<void> {
    this.#gpu.clear(this.#nonfinite);
    for (const [index, state] of this.#states.entries()) this.#dispatch(state, index, step, rate, scale);
    const counts = new Uint32Array(await this.#gpu.read(this.#nonfinite));
    const slot = this.#gpu.limits.minStorageBufferOffsetAlignment / 4;
    const index = this.#states.findIndex((_, at) => counts[at * slot]! > 0);
    if (index >= 0) {
      const { name, count } = this.#states[index]!.parameter;
      throw new DataError(`${counts[index * slot]} of ${count} weights of ${name} became NaN or infinite`);
    }
  }

  #dispatch(
    { parameter, mean, square, master }: State,
    index: number,
    step: number,
    rate: number,
    scale: number,
  ): void {
    const { beta1, beta2, epsilon, weightDecay, rounding, seed } = this.#settings;
    const { updated, moments } = precisions[this.#precision];
    const [weightBytes, momentBytes] = [bytesOf(updated), bytesOf(moments)];
    const slot = this.#gpu.limits.minStorageBufferOffsetAlignment;
    for (const window of elementWindows(this.#gpu, parameter.count)) {
      const { workgroups, groupsX } = foldedGrid(this.#gpu, Math.ceil(window.count / 128));
      this.#gpu.dispatch({
        kernel: 'adamw',
        constants: {
          WEIGHTS_BF16: Number(updated === 'BF16'),
          MOMENTS_BF16: Number(moments === 'BF16'),
          COPY: Number(master !== undefined),
          STOCHASTIC: Number(roundsUpdates(this.#precision) && rounding === 'stochastic'),
        },
        bindings: [
          bindWindow(master ?? parameter.weights, window, weightBytes),
          bindWindow(mean, window, momentBytes),
          bindWindow(square, window, momentBytes),
          bindWindow(parameter.gradient, window, 4),
          master === undefined ? this.#unused : bindWindow(parameter.weights, window, 2),
          { of: this.#nonfinite, offset: index * slot, bytes: 4 },
        ],
        uniforms: [
          window.count,
          groupsX,
          ...[scale, rate, 1 - rate * weightDecay, beta1, 1 - beta1, beta2, 1 - beta2].map((f32) => ({ f32 })),
          ...[1 - beta1 ** step, 1 - beta2 ** step, epsilon].map((f32) => ({ f32 })),
          randomWord(seed, `${parameter.name} ${window.start}`, step),
        ],
        workgroups,
      });
    }
  }

  /** What a checkpoint needs beside the weights: every buffer by a name of its own. */
  state(): ReadonlyMap<string, DeviceBuffer> {
    return new Map(
      this.#states.flatMap(({ parameter: { name }, mean, square, master }) => [
        [`mean/${name}`, mean] as const,
        [`square/${name}`, square] as const,
        ...(master === undefined ? [] : [[`master/${name}`, master] as const]),
      ]),
    );
  }

  release(): void {
    this.#gpu.release(this.#nonfinite, this.#unused, ...this.state().values());
  }
}

/** Bytes of optimizer state a weight, without the gradient and the weight that the passes read. */
export function optimizerBytesPerWeight(precision: Precision): number {
  const { weights, updated, moments } = precisions[precision];
  return 2 * bytesOf(moments) + (updated === weights ? 0 : bytesOf(updated));
}

function bytesOf(type: TrainedType): 2 | 4 {
  return type === 'F32' ? 4 : 2;
}

function masterCopy(gpu: Gpu, { name, count, weights }: Parameter): DeviceBuffer {
  const master = gpu.allocate(4 * count, `master copy of ${name}`);
  convert(gpu, { buffer: weights, type: 'BF16' }, { buffer: master, type: 'F32' }, count);
  return master;
}

/** A word that differs for every tensor, step and seed; the kernel mixes it with the position. */
function randomWord(seed: number, stream: string, step: number): number {
  return createHash('sha256').update(`${seed}/${stream}/${step}`).digest().readUInt32LE(0);
}
