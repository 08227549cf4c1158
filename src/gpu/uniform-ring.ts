import type { Dispatch } from './gpu.js';

/** Bytes of one dispatch's uniform struct; 256 is the largest `minUniformBufferOffsetAlignment` WebGPU allows. */
export const uniformSlotBytes = 256;

/**
 * Uniform structs of one batch of dispatches, in one buffer with a dynamic offset each, so that bind groups do not depend
 * on their values. The whole batch is written at its submission; the queue's order keeps the next batch from overtaking.
 */
export class UniformSlots {
  readonly buffer: GPUBuffer;
  readonly #device: GPUDevice;
  readonly #staging: DataView<ArrayBuffer>;
  readonly #slots: number;
  #used = 0;

  constructor(device: GPUDevice, slots: number) {
    this.#device = device;
    this.#slots = slots;
    this.#staging = new DataView(new ArrayBuffer(slots * uniformSlotBytes));
    this.buffer = device.createBuffer({
      label: 'uniforms',
      size: slots * uniformSlotBytes,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  get full(): boolean {
    return this.#used === this.#slots;
  }

  /** @returns the dynamic offset of the struct. */
  push(values: NonNullable<Dispatch['uniforms']>): number {
    if (values.length * 4 > uniformSlotBytes) throw new Error(`more than ${uniformSlotBytes / 4} uniform scalars`);
    const offset = this.#used++ * uniformSlotBytes;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const at = offset + 4 * i;
      if (typeof value === 'number') {
        if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
          throw new Error(`uniform ${i}: ${value} is not a u32`);
        this.#staging.setUint32(at, value, true);
      } else if ('f32' in value) this.#staging.setFloat32(at, value.f32, true);
      else this.#staging.setInt32(at, value.i32, true);
    }
    return offset;
  }

  /** Writes the batch to the device. Call right before its submission. */
  flush(): void {
    if (this.#used === 0) return;
    this.#device.queue.writeBuffer(this.buffer, 0, this.#staging.buffer, 0, this.#used * uniformSlotBytes);
    this.#used = 0;
  }
}
