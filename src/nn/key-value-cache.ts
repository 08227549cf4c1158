import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import type { HeadColumns } from './attention.js';
import type { DecoderConfig } from './config.js';
import { elementwiseGrid, wholeVectors } from './kernel-shape.js';

type Shape = Pick<DecoderConfig, 'layers' | 'heads' | 'kvHeads' | 'headDim'>;

/** Bytes that a token takes in one layer's buffer. */
export function cacheBytesPerToken({ kvHeads, headDim }: Shape): number {
  return 2 * kvHeads * headDim * 4;
}

/** Prompts that are answered at a time. */
export const defaultSlots = 128;
/** Bytes of keys and values on a device without a budget. */
const cacheBytes = 4 * 2 ** 30;

/** What of a device limits a cache, in bytes. */
export interface CacheLimits {
  readonly memoryBudget: number;
  readonly largestBinding: number;
}

/** Bytes that the keys and values of all layers may take: a quarter of the device's memory, and each layer's a binding. */
export function mostCacheBytes({ memoryBudget, largestBinding }: CacheLimits, { layers }: Shape): number {
  return Math.min(memoryBudget / 4, cacheBytes, layers * largestBinding);
}

/** Slots of so many tokens whose keys and values fit. */
export function slotsThatFit(limits: CacheLimits, config: Shape, capacity: number): number {
  const perSlot = cacheBytesPerToken(config) * capacity * config.layers;
  return Math.max(1, Math.floor(mostCacheBytes(limits, config) / perSlot));
}

/** Keys, behind the rotation, and values of tokens that were seen: a row a token, a buffer [rows, 2·kvHeads·headDim] a layer. */
export class KeyValueCache {
  readonly #gpu: Gpu;
  readonly #config: Shape;
  readonly #layers: readonly DeviceBuffer[];

  constructor(gpu: Gpu, config: Shape, rows: number) {
    this.#gpu = gpu;
    this.#config = config;
    this.#layers = Array.from({ length: config.layers }, (_, layer) =>
      gpu.allocate(rows * cacheBytesPerToken(config), `keys and values of layer ${layer}`),
    );
  }

  keysAndValues(layer: number): { readonly k: HeadColumns; readonly v: HeadColumns } {
    const { kvHeads, headDim } = this.#config;
    const half = { buffer: this.#layers[layer]!, stride: 2 * kvHeads * headDim };
    return { k: { ...half, offset: 0 }, v: { ...half, offset: kvHeads * headDim } };
  }

  /** Takes in the keys and values of `qkv` [rows, (heads + 2·kvHeads)·headDim], each row to its own row of the cache. */
  store(layer: number, qkv: DeviceBuffer, rows: number, cacheRows: Binding): void {
    const { heads, kvHeads, headDim } = this.#config;
    const columns = 2 * kvHeads * headDim;
    const start = heads * headDim;
    const stride = start + columns;
    const aligned = wholeVectors(columns, start);
    this.#gpu.dispatch({
      kernel: 'store-rows',
      text: { x: readAccess('x', 0, 'F32', aligned), y: writeAccess('y', 2, aligned) },
      bindings: [qkv, cacheRows, this.#layers[layer]!],
      uniforms: [rows, columns, stride, start],
      workgroups: elementwiseGrid(this.#gpu, rows, columns),
    });
  }

  release(): void {
    this.#gpu.release(...this.#layers);
  }
}
