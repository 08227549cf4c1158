import type { FloatType } from '../formats/float-conversion.js';
import type { ProjectionMode } from '../formats/projection.js';

/** A factor of a product: a matrix, or some rows of one. Row-major, f32, in the memory of the Arithmetic that made it. */
export interface Operand {
  readonly rows: number;
  readonly columns: number;
}

/** A matrix of its own. Call `release` once it is not needed. */
export interface Matrix extends Operand {
  release(): void;
}

/**
 * The matrix operations that subspaces need, in f32. Operations may be queued; those that return a promise wait.
 * DeviceArithmetic computes them on the GPU; the tests hold it, and the algorithms, to one that computes in f64.
 */
export interface Arithmetic {
  upload(data: Float32Array, rows: number, columns: number): Matrix;
  zeros(rows: number, columns: number): Matrix;
  download(matrix: Matrix): Promise<Float32Array>;
  copy(matrix: Matrix): Matrix;
  /** Rows [first, first + count) of a matrix, sharing its memory. */
  rowRange(matrix: Matrix, first: number, count: number): Operand;
  /** Terms of a product's sums that are added up at a time: products split along their sums at multiples of it keep their bits. */
  readonly sumBlock: number;
  /** op(a) · op(b), op = transpose when asked for (not both). `addTo`: the product is added to it and it is returned. */
  product(
    a: Operand,
    b: Operand,
    options?: { readonly transposeA?: boolean; readonly transposeB?: boolean; readonly addTo?: Matrix },
  ): Matrix;
  /** aᵀ a [columns, columns] of a matrix whose columns are nearly unit vectors, to about 1e-7. */
  gram(a: Matrix): Promise<Float64Array>;
  /**
   * AᵀA as an f64 matrix [columns, columns] from host memory, as exact as if computed in f64 from elements rounded to 2⁻²³
   * of their column's largest. Takes `a` over.
   */
  exactGram(a: Float32Array, rows: number, columns: number): Promise<Float64Array>;
  /** Starts a collection of row energies. */
  rowEnergies(): RowEnergies;
  /** Waits for what is queued, so that uploads do not pile up; throws what went wrong. */
  settled(): Promise<void>;
  /** Weights with a projected update, as a checkpoint stores them; see ProjectedUpdate. Same shape as `update`. */
  project(weights: Matrix, update: Matrix, projection: Matrix, how: ProjectedUpdate): Matrix;
}

/** Σ_j a_ij² of every row of some matrices, brought to the host together: one wait instead of one a matrix. */
export interface RowEnergies {
  /** Queues a matrix, which may be released then. */
  add(a: Matrix): void;
  /** The energies of each matrix added since the last read, in their order. */
  read(): Promise<Float64Array[]>;
}

/**
 * θ' = store(θ + cast(Δ_proj)); `store` rounds to the checkpoint's type, to nearest even. An F64 checkpoint loses nothing of the f32 update: its change is Δ_proj.
 */
export interface ProjectedUpdate {
  readonly mode: ProjectionMode;
  readonly storage: FloatType;
  /** The projected update is rounded to this type before it is added. */
  readonly castUpdate?: 'F16' | undefined;
  /** Update and projection are given as this power of two times themselves, and so is a change. Default: 1. */
  readonly scale?: number;
  /** `weights`: θ'. `change`: θ' − θ. */
  readonly result: 'weights' | 'change';
}
