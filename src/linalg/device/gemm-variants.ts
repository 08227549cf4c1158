import type { Gpu } from '../../gpu/gpu.js';

/** How a product is computed on an adapter. All variants sum in the same order. */
export type GemmVariant = 'subgroup' | 'tiled';

/** The part of C that one workgroup makes. */
export interface GemmTile {
  readonly rows: number;
  readonly columns: number;
  /** Groups of four columns that a lane holds. */
  readonly parts: number;
  /** Lanes that hand values of A round; 0 where none do. */
  readonly lanes: number;
}

/** What a variant's kernel is called and how it cuts its work. */
export interface GemmKernel {
  /** File name in kernels/ without `.wgsl`. */
  readonly file: string;
  /** @param m rows and @param n columns of C; the subgroups' size as `Gpu` has it */
  tile(m: number, n: number, subgroupSize: number): GemmTile;
  /** Pipeline constants beside K_BLOCK. */
  constants(tile: GemmTile): Readonly<Record<string, number>>;
  /** Whether op(B), stored [k, n], is read four columns at a time where its layout allows it. */
  readonly readsVectorsOfB: boolean;
  /** Steps of k that are taken together without a look at where k ends: another k has a tail. */
  stepsOfK(tile: GemmTile): number;
}

export const gemmKernels: { readonly [V in GemmVariant]: GemmKernel } = {
  subgroup: {
    file: 'gemm',
    tile: (m, n, lanes) => {
      const parts = n <= 4 * lanes ? 1 : 2;
      return { rows: subgroupRows(m, lanes), columns: 4 * lanes * parts, parts, lanes };
    },
    constants: ({ lanes }) => ({ LANES: lanes }),
    readsVectorsOfB: true,
    stepsOfK: ({ lanes }) => lanes,
  },
  tiled: {
    file: 'gemm-tiled',
    tile: () => ({ rows: 64, columns: 64, parts: 1, lanes: 0 }),
    constants: () => ({}),
    readsVectorsOfB: false,
    stepsOfK: () => 1,
  },
};

/** CPU drivers run a whole subgroup in one thread's vector registers; cards want many threads and staged operands. */
export function gemmVariant(gpu: Gpu): GemmVariant {
  return gpu.adapter.software && gpu.subgroupSize >= 4 ? 'subgroup' : 'tiled';
}

/**
 * Rows of a tile: many, for each load of B to serve many sums, but not many more than there are. The largest tile is a tenth
 * faster where a subgroup fills a vector register, and takes a second to compile: for products that are worth it.
 */
function subgroupRows(m: number, lanes: number): number {
  return [1, 4, 8].find((rows) => m <= rows) ?? (m >= 256 && lanes >= 8 ? 32 : 16);
}
