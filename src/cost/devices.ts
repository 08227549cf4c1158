import type { DeviceTraits } from './costed-step.js';
import type { RateRange } from './totals.js';

/** What a manufacturer publishes of a device. */
export interface PublishedDevice {
  readonly name: string;
  /** 10¹² f32 operations a second, without matrix units: kernels have no way to those. */
  readonly teraflops: number;
  /** 10⁹ bytes a second. */
  readonly gigabytes: number;
  /** Bytes of device memory, in 2³⁰. */
  readonly memory: number;
  /** Document that has the figures, and month in which it was published. */
  readonly source: string;
  readonly date: string;
}

/** Devices that `--device` knows, by name. */
export const publishedDevices: readonly PublishedDevice[] = [
  {
    name: 'RTX 4090',
    teraflops: 82.6,
    gigabytes: 1008,
    memory: 24,
    source: 'NVIDIA Ada GPU Architecture, whitepaper, appendix A',
    date: '2022-10',
  },
  {
    name: 'RTX 4080',
    teraflops: 48.7,
    gigabytes: 716.8,
    memory: 16,
    source: 'NVIDIA Ada GPU Architecture, whitepaper, appendix B',
    date: '2022-10',
  },
  {
    name: 'RTX 3090',
    teraflops: 35.6,
    gigabytes: 936,
    memory: 24,
    source: 'NVIDIA Ampere GA102 GPU Architecture, whitepaper, appendix A',
    date: '2020-09',
  },
  {
    name: 'RTX 3060',
    teraflops: 12.7,
    gigabytes: 360,
    memory: 12,
    source: 'NVIDIA GeForce RTX 3060, product page',
    date: '2021-02',
  },
  {
    name: 'A100 80GB',
    teraflops: 19.5,
    gigabytes: 2039,
    memory: 80,
    source: 'NVIDIA A100 Tensor Core GPU, datasheet (SXM)',
    date: '2021-06',
  },
  {
    name: 'H100 SXM',
    teraflops: 67,
    gigabytes: 3350,
    memory: 80,
    source: 'NVIDIA H100 Tensor Core GPU, datasheet',
    date: '2023-03',
  },
  {
    name: 'H100 PCIe',
    teraflops: 51,
    gigabytes: 2000,
    memory: 80,
    source: 'NVIDIA H100 Tensor Core GPU, datasheet',
    date: '2023-03',
  },
  {
    name: 'L4',
    teraflops: 30.3,
    gigabytes: 300,
    memory: 24,
    source: 'NVIDIA L4 Tensor Core GPU, datasheet',
    date: '2023-03',
  },
  {
    name: 'RX 7900 XTX',
    teraflops: 61,
    gigabytes: 960,
    memory: 24,
    source: 'AMD Radeon RX 7900 XTX, product page',
    date: '2022-12',
  },
  {
    name: 'M1 Max',
    teraflops: 10.4,
    gigabytes: 400,
    memory: 64,
    source: 'Apple, "Introducing M1 Pro and M1 Max", press release',
    date: '2021-10',
  },
];

/**
 * Parts of the published f32 rate that WebGPU kernels with tiles in workgroup memory are reported to reach: 2 of some 20 TFLOP/s
 * on a laptop's RTX 3080, 2.5 of 3.6 on an M2.
 */
const partOfFlops = { least: 0.7, most: 0.1 } as const;
/** The same of the memory's rate. */
const partOfMemory = { least: 0.9, most: 0.4 } as const;
/** What nobody publishes: seconds of a dispatch and of a wait, bytes a second over the bus, seconds until it computes. */
const least = { dispatchSeconds: 3e-6, waitSeconds: 5e-5, transferBytes: 2e10, startSeconds: 0.5 } as const;
const most = { dispatchSeconds: 2e-5, waitSeconds: 1e-3, transferBytes: 3e9, startSeconds: 5 } as const;

/** How fast a device of published figures may be. */
export function ratesOfDevice({ teraflops, gigabytes }: PublishedDevice): RateRange {
  const [flops, bytes] = [teraflops * 1e12, gigabytes * 1e9];
  return {
    least: { ...least, flops: partOfFlops.least * flops, memoryBytes: partOfMemory.least * bytes },
    most: { ...most, flops: partOfFlops.most * flops, memoryBytes: partOfMemory.most * bytes },
  };
}

/** A card with 2 GiB bindings, as Dawn gives on such devices. */
export function traitsOfDevice({ memory }: PublishedDevice): DeviceTraits & { readonly memory: number } {
  const bytes = memory * 2 ** 30;
  return { software: false, memoryBudget: Number.POSITIVE_INFINITY, largestBinding: 2 ** 31, memory: bytes };
}

/** @returns the device of a name, whatever its case and spaces; undefined: there is none */
export function deviceNamed(name: string): PublishedDevice | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  return publishedDevices.find((device) => plain(device.name) === plain(name));
}
