import type { DawnGpu } from '../../src/gpu/dawn-gpu.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { openGpu } from '../../src/gpu/open-gpu.js';

let opened: Promise<DawnGpu> | undefined;

/** The device of RUNFLOW_ADAPTER, one a test process. */
export function device(): Promise<DawnGpu> {
  opened ??= openGpu();
  return opened;
}

/**
 * The same device, which says of itself that it is a graphics card: kernels then get the shapes that they have on one, and
 * sums that a CPU driver leaves to the host are made on the device.
 * @param subgroupSize what it says of its subgroups, instead of the truth
 */
export async function card(subgroupSize?: number): Promise<Gpu> {
  const gpu = await device();
  const adapter = { ...gpu.adapter, software: false };
  return new Proxy(gpu as Gpu, {
    get: (_, name) => {
      if (name === 'adapter') return adapter;
      if (name === 'subgroupSize' && subgroupSize !== undefined) return subgroupSize;
      const value = gpu[name as keyof Gpu];
      return typeof value === 'function' ? (value as () => unknown).bind(gpu) : value;
    },
  });
}
