import { PooledBuffer } from './buffer-pool.js';
import type { Binding } from './gpu.js';
import type { BindingLayout } from './pipelines.js';
import { uniformSlotBytes } from './uniform-ring.js';

const maxBindGroups = 8192;
/** The largest `minStorageBufferOffsetAlignment` of WebGPU, so that what runs on one adapter runs on all. */
const offsetAlignment = 256;

/** Bytes up to the end of the vector of four words that the last byte is in: memory is that long, and vector loads need it. */
export function withVector(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/** Bind groups by layout and memory: making one costs as much as a dispatch. */
export class BindGroupCache {
  readonly #device: GPUDevice;
  readonly #uniforms: GPUBuffer;
  readonly #groups = new Map<string, GPUBindGroup>();

  constructor(device: GPUDevice, uniforms: GPUBuffer) {
    this.#device = device;
    this.#uniforms = uniforms;
  }

  get(layout: BindingLayout, bindings: readonly Binding[], kernel: string): GPUBindGroup {
    if (bindings.length !== layout.storageCount) {
      throw new Error(`kernel ${kernel} takes ${layout.storageCount} buffers, got ${bindings.length}`);
    }
    let key = `${layout.id}`;
    for (const binding of bindings) {
      const windowed = 'of' in binding;
      const buffer = (windowed ? binding.of : binding) as PooledBuffer;
      key += windowed ? ` ${buffer.blockId}+${binding.offset}:${binding.bytes}` : ` ${buffer.blockId}:${buffer.bytes}`;
    }
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size >= maxBindGroups) this.#groups.clear();
    const made = this.#create(layout, bindings, kernel);
    this.#groups.set(key, made);
    return made;
  }

  /** Drops what refers to destroyed memory. */
  clear(): void {
    this.#groups.clear();
  }

  #create(layout: BindingLayout, bindings: readonly Binding[], kernel: string): GPUBindGroup {
    const entries: GPUBindGroupEntry[] = bindings.map((given, binding) => {
      const { of: buffer, offset, bytes } = 'of' in given ? given : { of: given, offset: 0, bytes: given.bytes };
      const where = `kernel ${kernel}, binding ${binding} ("${buffer.label}")`;
      if (!(buffer instanceof PooledBuffer)) throw new Error(`${where} is not memory of this device`);
      if (offset % offsetAlignment !== 0)
        throw new Error(`${where}: offset ${offset} is not a multiple of ${offsetAlignment}`);
      if (offset + bytes > withVector(buffer.bytes)) {
        throw new Error(`${where}: the window ${offset}+${bytes} is outside its ${buffer.bytes} bytes`);
      }
      const size = Math.ceil(bytes / 4) * 4;
      const limit = this.#device.limits.maxStorageBufferBindingSize;
      if (size > limit) throw new Error(`${where}: ${size} bytes are over the binding limit of ${limit}; use windows`);
      return { binding, resource: { buffer: buffer.buffer, offset, size } };
    });
    if (layout.hasUniforms) {
      entries.push({
        binding: bindings.length,
        resource: { buffer: this.#uniforms, offset: 0, size: uniformSlotBytes },
      });
    }
    return this.#device.createBindGroup({ label: kernel, layout: layout.group, entries });
  }
}
