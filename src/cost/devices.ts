import type { DeviceTraits } from './costed-step.js';
import type { RateRange } from './totals.js';

/** What is published of a device. */
export interface PublishedDevice {
  readonly name: string;
  /** 10¹² f32 operations a second, without matrix units: kernels have no way to those. */
  readonly teraflops: number;
  /** 10⁹ bytes a second. */
  readonly gigabytes: number;
  /** Bytes of device memory, in 2³⁰. */
  readonly memory: number;
  /** Address of a page that has these three figures. */
  readonly source: string;
}

/** Devices that `--device` knows, by name. Each figure was compared with the page that `source` names. */
export const publishedDevices: readonly PublishedDevice[] = [
  {
    name: 'RTX 4090',
    teraflops: 82.58,
    gigabytes: 1008,
    memory: 24,
    source: 'waredb.com/processor/nvidia-geforce-rtx-4090',
  },
  {
    name: 'RTX 4080',
    teraflops: 48.7,
    gigabytes: 717,
    memory: 16,
    source: 'holynerdvana.com/2022/10/nvidia-geforce-rtx-4080-specifications.html',
  },
  {
    name: 'RTX 3090',
    teraflops: 35.6,
    gigabytes: 936,
    memory: 24,
    source: 'holynerdvana.blogspot.com/2022/10/nvidia-geforce-rtx-3090-specifications.html',
  },
  {
    name: 'A100 80GB',
    teraflops: 19.5,
    gigabytes: 2039,
    memory: 80,
    source: 'blog.csdn.net/qq_45351564/article/details/145437611',
  },
  {
    name: 'H100 SXM',
    teraflops: 67,
    gigabytes: 3350,
    memory: 80,
    source: 'archive-lib.hpctech.co.jp/gpuproduct/nvidia-h100.html',
  },
  {
    name: 'H100 PCIe',
    teraflops: 51,
    gigabytes: 2000,
    memory: 80,
    source: 'archive-lib.hpctech.co.jp/gpuproduct/nvidia-h100.html',
  },
  {
    name: 'L4',
    teraflops: 30.29,
    gigabytes: 300.1,
    memory: 24,
    source: 'fpsbench.com/compare/gpu/nvidia-l4-vs-nvidia-tesla-m40',
  },
  {
    name: 'RX 7900 XTX',
    teraflops: 61,
    gigabytes: 960,
    memory: 24,
    source: 'guru3d.com/review/powercolor-radeon-rx-7900-xtx-hellhound-spectral-white-review/page-4',
  },
];

/**
 * Parts of the published f32 rate that kernels reach. They are assumptions: runflow has not been measured on these devices. One
 * published number lies between them: 0.9 of some 2.6 TFLOP/s on an M1 (README of FL33TW00D/wgpu-mm).
 */
const partOfFlops = { least: 0.7, most: 0.1 } as const;
/** The same of the memory's rate: assumptions, too. */
const partOfMemory = { least: 0.9, most: 0.4 } as const;
/** Assumptions about what nobody publishes: seconds of a dispatch and of a wait, bytes a second over the bus, seconds until it computes. */
const least = { dispatchSeconds: 3e-6, waitSeconds: 5e-5, transferBytes: 2e10, startSeconds: 0.5 } as const;
const most = { dispatchSeconds: 2e-5, waitSeconds: 1e-3, transferBytes: 3e9, startSeconds: 5 } as const;

/** How fast a device of published figures may be, as far as the assumptions above hold. */
export function ratesOfDevice({ teraflops, gigabytes }: PublishedDevice): RateRange {
  const [flops, bytes] = [teraflops * 1e12, gigabytes * 1e9];
  return {
    least: { ...least, flops: partOfFlops.least * flops, memoryBytes: partOfMemory.least * bytes },
    most: { ...most, flops: partOfFlops.most * flops, memoryBytes: partOfMemory.most * bytes },
  };
}

/** A card with bindings of 2 GiB, which is an assumption. */
export function traitsOfDevice(): DeviceTraits {
  return { software: false, memoryBudget: Number.POSITIVE_INFINITY, largestBinding: 2 ** 31 };
}

/** @returns the device of a name, whatever its case and spaces; undefined: there is none */
export function deviceNamed(name: string): PublishedDevice | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  return publishedDevices.find((device) => plain(device.name) === plain(name));
}
