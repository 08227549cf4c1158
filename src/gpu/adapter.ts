import { EnvironmentError } from '../diagnostics/errors.js';
import type { AdapterDescription } from './gpu.js';

const backends: Partial<Record<NodeJS.Platform, string>> = { darwin: 'metal', win32: 'd3d12' };

/** An adapter with what must outlive it: the object that Dawn's `create` returned (without a reference to it the process crashes). */
export interface OpenAdapter {
  readonly instance: GPU;
  readonly adapter: GPUAdapter;
  readonly description: AdapterDescription;
}

/**
 * Loads Dawn and asks it for an adapter, in this process and with this process's environment.
 * @param name part of an adapter's name as Dawn lists it; without it the fastest one.
 * @throws EnvironmentError when there is none.
 */
export async function requestAdapter(name?: string): Promise<OpenAdapter> {
  const { create, globals } = await import('webgpu').catch((error: unknown) => {
    throw new EnvironmentError(
      `Dawn (npm package webgpu) has no build that loads on ${process.platform} ${process.arch}: ${(error as Error).message}`,
      { cause: error },
    );
  });
  Object.assign(globalThis, globals);
  const backend = backends[process.platform] ?? 'vulkan';
  const instance = create([`backend=${backend}`, ...(name === undefined ? [] : [`adapter=${name}`])]);
  let adapter: GPUAdapter | null;
  try {
    adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
  } catch (error) {
    throw new EnvironmentError((error as Error).message.trim(), {
      hint: 'Set RUNFLOW_ADAPTER to auto, or to one of the names listed.',
      cause: error,
    });
  }
  if (adapter === null) throw new EnvironmentError(`Dawn found no ${backend} adapter.`);
  return { instance, adapter, description: describe(adapter.info, backend) };
}

function describe(info: GPUAdapterInfo, backend: string): AdapterDescription {
  const { vendor, architecture, device, description } = info;
  const software = (info as { isFallbackAdapter?: boolean }).isFallbackAdapter ?? false;
  // "llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)" and "SwiftShader driver 5.0.0": the name without versions is the driver family.
  const family = description
    .replace(/[:\d(].*$/s, '')
    .trim()
    .toLowerCase()
    .replace(/[^a-z]+/g, '-');
  const { subgroupMinSize, subgroupMaxSize } = info as { subgroupMinSize?: number; subgroupMaxSize?: number };
  // Reductions follow the subgroup's size, which on CPU drivers depends on the machine's vector width: part of the class.
  const lanes = `${subgroupMinSize ?? 0}${subgroupMinSize === subgroupMaxSize ? '' : `-${subgroupMaxSize}`}`;
  return {
    backend,
    vendor,
    architecture,
    device,
    description,
    software,
    deviceClass: [backend, vendor, architecture, family, `subgroup${lanes}`].map((part) => part || 'unknown').join('/'),
  };
}
