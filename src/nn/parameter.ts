import type { TrainedType } from '../formats/precision.js';
import { elementCount } from '../formats/tensor.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';

/** One tensor in training. Gradients are f32 in every precision. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  /** What the passes read: f32 [count], or bf16 pairs. */
  readonly weights: DeviceBuffer;
  readonly type: TrainedType;
  /** f32 [count]: sum over the micro-batches of a step. */
  readonly gradient: DeviceBuffer;
}

/** A parameter whose gradient takes memory only once something asks for it: running a model needs none. */
export class DeviceParameter implements Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly weights: DeviceBuffer;
  readonly type: TrainedType;
  readonly #gpu: Gpu;
  #gradient: DeviceBuffer | undefined;

  /** `weights` stays allocated, its contents undefined, until the caller has written it. */
  constructor(gpu: Gpu, name: string, shape: readonly number[], type: TrainedType) {
    this.#gpu = gpu;
    this.name = name;
    this.shape = shape;
    this.count = elementCount(shape);
    this.type = type;
    this.weights = gpu.allocate(storageBytes(this.count, type), name);
  }

  get gradient(): DeviceBuffer {
    if (this.#gradient === undefined) {
      this.#gradient = this.#gpu.allocate(4 * this.count, `gradient of ${this.name}`);
      this.#gpu.clear(this.#gradient);
    }
    return this.#gradient;
  }

  release(): void {
    this.#gpu.release(this.weights);
    if (this.#gradient !== undefined) this.#gpu.release(this.#gradient);
  }
}

/** Bytes of `count` numbers of a type on the device: bf16 lie in pairs. */
export function storageBytes(count: number, type: TrainedType): number {
  return type === 'F32' ? 4 * count : 4 * Math.ceil(count / 2);
}
