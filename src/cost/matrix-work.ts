import { bytesPerElement, elementCount } from '../formats/tensor.js';
import { gramBand } from '../linalg/device/arithmetic.js';
import { bandColumns, chunkRows, sumRows } from '../linalg/device/exact-gram.js';
import { kBlock } from '../linalg/device/gemm-dispatch.js';
import { probes } from '../linalg/residual-probe.js';
import { windowsOf } from '../linalg/tall-matrix.js';
import type { DeviceTraits } from './costed-step.js';
import type { Described } from './described.js';
import { addWork, phase, type Work, work } from './work.js';

/** A matrix in tall orientation, rows ≥ columns. */
export interface TallShape {
  readonly rows: number;
  readonly columns: number;
}

/** First dimension × rest of a tensor, as the steps read it. @param first rows that are read. Absent: all */
export function matrixOf({ tensor }: Described, first?: number): { readonly rows: number; readonly columns: number } {
  const shape = tensor?.shape ?? [0];
  const rows = shape[0] ?? 1;
  const columns = rows === 0 ? 0 : elementCount(shape) / rows;
  return { rows: first ?? rows, columns };
}

export function tall({ rows, columns }: { readonly rows: number; readonly columns: number }): TallShape {
  return columns > rows ? { rows: columns, columns: rows } : { rows, columns };
}

/** f32 bytes of a window that is read at a time. */
export function windowBytes(shape: TallShape): number {
  return 4 * (windowsOf(shape)[0]?.count ?? 0) * shape.columns;
}

/** Reading stored tensors window by window: bytes, and elements that are converted. @param elements of each */
export function reading(elements: number, ...types: readonly Described[]): Work {
  const bytes = types.reduce((sum, { tensor }) => sum + elements * bytesPerElement[tensor?.dtype ?? 'F32'], 0);
  return work({ read: bytes, host: { elements: elements * types.length } });
}

/** C = A B of [m, k] and [k, n] on the device, its operands there already. */
export function productWork(m: number, n: number, k: number): Work {
  return work({
    phases: [phase({ flop: 2 * m * n * k, operandBytes: 4 * (m * k + k * n + m * n), dispatches: 1 })],
  });
}

/** Operations a row that the lower triangle of AᵀA [n, n] takes, band by band. */
function triangleFlop(n: number, band: number): number {
  let flop = 0;
  for (let column = 0; column < n; column += band) flop += 2 * (n - column) * Math.min(band, n - column);
  return flop;
}

/** AᵀA in f64 by windows: on the host where it is the same processor, else by integer digits on the device. */
export function exactGramWork(device: DeviceTraits, shape: TallShape): Work {
  const { rows, columns: n } = shape;
  // Windows are looked through and scaled, and their products added up.
  const windows = windowsOf(shape).length;
  const around = work({ host: { elements: 2 * rows * n + windows * n * n }, hostMemory: 16 * n * n });
  if (device.software) return addWork(around, work({ host: { productFlop: rows * n * (n + 1) } }));
  const chunks = Math.ceil(rows / chunkRows);
  const bands = Math.ceil(n / bandColumns);
  const reads = Math.ceil(rows / sumRows) * 6;
  return addWork(
    around,
    work({
      phases: [
        phase({
          flop: 6 * rows * triangleFlop(n, bandColumns),
          operandBytes: 6 * 4 * (rows * n * bands + chunks * n * n),
          otherBytes: 4 * (8 * rows * n + chunks * 6 * 3 * n * n),
          dispatches: 1 + chunks * (1 + 6 * (bands + 1)),
          waits: 1 + reads,
          transferred: 4 * (rows * n + reads * n * n),
        }),
      ],
      host: { elements: (reads / 2) * n * n },
      deviceMemory: 4 * (7 * n * n + 6 * chunkRows * n) + windowBytes(shape),
    }),
  );
}

/** Times that Cholesky QR multiplies: two settle what f32 can hold, and bases that are orthonormal at once need one. */
const cholesky = { least: 1, most: 2 } as const;

/**
 * Orthonormal columns of X F by Cholesky QR, written by windows.
 * @param source what making X once more costs
 */
export function orthonormaliseWork(end: keyof typeof cholesky, { rows, columns: n }: TallShape, source: Work): Work {
  const windows = windowsOf({ rows, columns: n });
  const rounds = cholesky[end];
  let total = work({});
  for (let round = 0; round < rounds; round++) {
    const products = windows.length === 1 ? 1 : round + 1;
    total = addWork(
      total,
      work({
        phases: [
          phase({
            flop: 2 * rows * n * n * products + rows * triangleFlop(n, gramBand),
            operandBytes: 4 * ((2 * products + Math.ceil(n / gramBand)) * rows * n + products * windows.length * n * n),
            dispatches: windows.length * (products + Math.ceil(n / gramBand)),
            waits: 2 * windows.length,
            transferred: 4 * ((round === 0 || windows.length > 1 ? 2 : 0) * rows * n + windows.length * n * n),
          }),
        ],
        host: { elements: 3 * windows.length * n * n, ...(round > 0 ? { productFlop: n ** 3 } : {}) },
      }),
    );
    if (round === 0 || windows.length > 1) total = addWork(total, source);
  }
  const deviceMemory = 2 * windowBytes({ rows, columns: n }) + 4 * (rounds + 1) * n * n;
  return addWork(total, work({ deviceMemory, hostMemory: 16 * n * n }));
}

/** Thin SVD of a tall matrix; see thinSvd. @param source what reading the matrix once costs */
export function thinSvdWork(device: DeviceTraits, end: 'least' | 'most', shape: TallShape, source: Work): Work {
  const { rows, columns: n } = shape;
  return [
    source,
    exactGramWork(device, shape),
    work({
      host: { eigenCubes: n ** 3, elements: probes * (2 * rows * n + 2 * n * n) + 4 * n * n },
      hostMemory: 8 * 4 * n * n + 2 * windowBytes(shape),
    }),
    orthonormaliseWork(end, shape, source),
  ].reduce(addWork);
}

/**
 * One pass of an update through a basis of r vectors at some ranks; see subspaceEnergy.
 * @param d length of a basis vector; the basis is of the tall matrix's long side when that is d
 * @param update what reading the update once costs @param weights what reading the weights once costs
 */
export function subspaceWork(
  { rows: m, columns: n }: TallShape,
  { vectors, d, ranks }: { readonly vectors: number; readonly d: number; readonly ranks: readonly number[] },
  update: Work,
  weights: Work,
): Work {
  const windows = windowsOf({ rows: m, columns: n }).length;
  const long = d === m && d !== n;
  const most = Math.max(0, ...ranks);
  // Whole blocks of vectors serve all ranks behind them; what a rank has beyond them is its own.
  const added = most - (most % kBlock) + ranks.reduce((sum, rank) => sum + (rank % kBlock), 0);
  const passes = long && ranks.length > 0 ? 2 : 1;
  const basis = work({
    read: 4 * d * vectors * passes,
    host: { elements: 2 * d * vectors * passes },
    phases: [phase({ transferred: 4 * d * vectors * passes })],
  });
  const device = work({
    phases: [
      phase({
        flop: 2 * vectors * m * n + 2 * added * m * n,
        operandBytes: 4 * (2 * m * n + d * vectors) + 4 * ranks.length * 2 * m * n,
        // A rank copies what is inside, makes the changed weights and sums their squares.
        otherBytes: 4 * m * n * (1 + 7 * ranks.length) + 4 * vectors * (long ? n : m),
        dispatches: windows * (3 + 3 * ranks.length),
        waits: windows * passes + 1,
        transferred: 4 * m * n * (passes + (ranks.length > 0 ? 1 : 0)),
      }),
    ],
    deviceMemory:
      5 * windowBytes({ rows: m, columns: n }) +
      4 * vectors * (long ? n : d) +
      4 * vectors * (windows > 1 ? Math.ceil(m / windows) : m),
    hostMemory: 3 * windowBytes({ rows: m, columns: n }) + 4 * d * vectors * (long ? 1 / windows : 1) * 2,
  });
  let total = addWork(addWork(basis, device), weights);
  // The first window is read once more to find the scale.
  for (let pass = 0; pass < passes; pass++) total = addWork(total, update);
  return total;
}

/** AᵀB of two bases with d components, by windows. */
export function crossProductWork(d: number, a: number, b: number): Work {
  const windows = windowsOf({ rows: d, columns: Math.max(a, b) }).length;
  return work({
    phases: [
      phase({
        flop: 2 * d * a * b,
        operandBytes: 4 * (d * (a + b) + 2 * windows * a * b),
        dispatches: windows,
        waits: windows + 1,
        transferred: 4 * (d * (a + b) + a * b),
      }),
    ],
    read: 4 * d * (a + b),
    host: { elements: d * (a + b) + 2 * a * b },
    deviceMemory: 4 * (a * b + (d / windows) * (a + b)),
    hostMemory: 4 * (2 * a * b + (d / windows) * (a + b)),
  });
}
