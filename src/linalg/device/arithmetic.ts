import type { FloatType } from '../../formats/float-conversion.js';
import type { DeviceBuffer, Gpu } from '../../gpu/gpu.js';
import type { Arithmetic, Matrix, Operand, ProjectedUpdate, RowEnergies } from '../arithmetic.js';
import { hostCompute } from '../host/compute.js';
import { mirrorLower } from '../host/tridiagonal.js';
import { elementwise } from './elementwise.js';
import { exactGram } from './exact-gram.js';
import { gemm } from './gemm.js';
import { kBlock } from './gemm-dispatch.js';
import { DeviceRowEnergies } from './row-energies.js';

class DeviceMatrix implements Matrix {
  readonly buffer: DeviceBuffer;
  readonly rows: number;
  readonly columns: number;
  /** First element. */
  readonly offset: number;
  readonly #release: () => void;

  constructor(buffer: DeviceBuffer, rows: number, columns: number, release: () => void, offset = 0) {
    this.buffer = buffer;
    this.rows = rows;
    this.columns = columns;
    this.offset = offset;
    this.#release = release;
  }

  release(): void {
    this.#release();
  }
}

const modes = { parallel: 0, orthogonal: 1, opposite: 2 } as const;
const storages: Readonly<Record<FloatType, number>> = { F32: 0, BF16: 1, F16: 2, F64: 3 };
/** Columns of a gram matrix's lower triangle that are computed together. */
export const gramBand = 256;

/** Arithmetic on a GPU: sums in f32 by blocks, gram near-exact. */
export class DeviceArithmetic implements Arithmetic {
  readonly sumBlock = kBlock;
  readonly #gpu: Gpu;
  readonly #live = new Set<DeviceBuffer>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  upload(data: Float32Array, rows: number, columns: number): Matrix {
    const buffer = this.#gpu.upload(data, `matrix ${rows}×${columns}`);
    return this.#own(buffer, rows, columns);
  }

  zeros(rows: number, columns: number): Matrix {
    const matrix = this.#allocate(rows, columns);
    this.#gpu.clear(matrix.buffer);
    return matrix;
  }

  async download(matrix: Matrix): Promise<Float32Array> {
    const { buffer, rows, columns } = matrix as DeviceMatrix;
    return new Float32Array(await this.#gpu.read(buffer, 0, rows * columns * 4));
  }

  copy(matrix: Matrix): Matrix {
    const { buffer, rows, columns, offset } = matrix as DeviceMatrix;
    const copy = this.#allocate(rows, columns);
    this.#gpu.copy(buffer, copy.buffer, rows * columns * 4, offset * 4);
    return copy;
  }

  rowRange(matrix: Matrix, first: number, count: number): Operand {
    const { buffer, columns, offset } = matrix as DeviceMatrix;
    return new DeviceMatrix(buffer, count, columns, () => {}, offset + first * columns);
  }

  product(
    a: Operand,
    b: Operand,
    options: { readonly transposeA?: boolean; readonly transposeB?: boolean; readonly addTo?: Matrix } = {},
  ): Matrix {
    const { transposeA = false, transposeB = false, addTo } = options;
    const m = transposeA ? a.columns : a.rows;
    const k = transposeA ? a.rows : a.columns;
    const n = transposeB ? b.rows : b.columns;
    const c = (addTo as DeviceMatrix | undefined) ?? this.#allocate(m, n);
    gemm(this.#gpu, {
      m,
      n,
      k,
      transposeA,
      transposeB,
      a: { buffer: (a as DeviceMatrix).buffer, offset: (a as DeviceMatrix).offset },
      b: { buffer: (b as DeviceMatrix).buffer, offset: (b as DeviceMatrix).offset },
      c: { buffer: c.buffer },
      beta: addTo === undefined ? 0 : 1,
    });
    return c;
  }

  async gram(a: Matrix): Promise<Float64Array> {
    const { buffer } = a as DeviceMatrix;
    const n = a.columns;
    const product = this.#gpu.allocate(n * n * 4, 'gram');
    for (let column = 0; column < n; column += gramBand) {
      gemm(this.#gpu, {
        m: n - column,
        n: Math.min(gramBand, n - column),
        k: a.rows,
        a: { buffer, offset: column, stride: n },
        b: { buffer, offset: column, stride: n },
        c: { buffer: product, offset: column * n + column, stride: n },
        transposeA: true,
      });
    }
    const gram = new Float64Array(new Float32Array(await this.#gpu.read(product)));
    this.#gpu.release(product);
    mirrorLower(gram, n);
    return gram;
  }

  /**
   * On a card by integer digits. A software GPU is the same processor without its f64 units: there the host computes in f64,
   * many times faster (test/bench/exact-gram.ts).
   */
  async exactGram(a: Float32Array, rows: number, columns: number): Promise<Float64Array> {
    if (this.#gpu.adapter.software) return hostCompute.gram(a, rows, columns);
    const buffer = this.#gpu.upload(a, `matrix ${rows}×${columns}`);
    try {
      return await exactGram(this.#gpu, buffer, rows, columns);
    } finally {
      this.#gpu.release(buffer);
    }
  }

  rowEnergies(): RowEnergies {
    return new DeviceRowEnergies(this.#gpu);
  }

  project(weights: Matrix, update: Matrix, projection: Matrix, how: ProjectedUpdate): Matrix {
    const result = this.#allocate(weights.rows, weights.columns);
    const { uniforms, workgroups } = elementwise(weights.rows * weights.columns);
    this.#gpu.dispatch({
      kernel: 'project-weights',
      constants: {
        MODE: modes[how.mode],
        STORAGE: storages[how.storage],
        CAST: how.castUpdate === undefined ? 0 : storages[how.castUpdate],
        CHANGE: how.result === 'change' ? 1 : 0,
      },
      bindings: [weights, update, projection, result].map((matrix) => (matrix as DeviceMatrix).buffer),
      uniforms: [...uniforms, 0, { f32: how.scale ?? 1 }, { f32: 1 / (how.scale ?? 1) }],
      workgroups,
    });
    return result;
  }

  settled(): Promise<void> {
    return this.#gpu.settled();
  }

  /** Gives back every matrix that is still there: what an error left behind. */
  releaseAll(): void {
    this.#gpu.release(...this.#live);
    this.#live.clear();
  }

  #allocate(rows: number, columns: number): DeviceMatrix {
    return this.#own(this.#gpu.allocate(rows * columns * 4, `matrix ${rows}×${columns}`), rows, columns);
  }

  #own(buffer: DeviceBuffer, rows: number, columns: number): DeviceMatrix {
    this.#live.add(buffer);
    return new DeviceMatrix(buffer, rows, columns, () => {
      this.#live.delete(buffer);
      this.#gpu.release(buffer);
    });
  }
}
