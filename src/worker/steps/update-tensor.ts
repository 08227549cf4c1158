import { DataError } from '../../diagnostics/errors.js';
import type { Artifact } from '../../formats/artifact.js';
import { type FloatType, fromFloat32, isFloatType, toFloat32 } from '../../formats/float-conversion.js';
import { NonFiniteScan } from '../../formats/non-finite.js';
import { bytesPerElement } from '../../formats/tensor.js';
import type { TallMatrix } from '../../linalg/tall-matrix.js';
import type { StepContext } from '../step-context.js';

/** A tensor as a matrix: first dimension × rest; a 1-D tensor is a column, a scalar 1 × 1. */
export interface MatrixTensor {
  readonly artifact: Artifact;
  readonly dtype: FloatType;
  readonly shape: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

/** Both ends of an update's tensor. */
export interface UpdateEnds {
  readonly from: MatrixTensor;
  readonly to: MatrixTensor;
}

/** A single input as a matrix; see matrixTensor. */
export function matrixInput(context: StepContext, name: string): MatrixTensor {
  return matrixTensor(context.input(name), `input "${name}"`);
}

/** @throws DataError when the artifact is no tensor of floating-point numbers, or empty. */
export function matrixTensor(artifact: Artifact, what: string): MatrixTensor {
  const { tensor } = artifact;
  if (tensor === undefined) throw new DataError(`${what} is not a tensor`);
  const { dtype, shape } = tensor;
  if (!isFloatType(dtype)) {
    throw new DataError(`${what} holds ${dtype} elements; only F64, F32, F16 and BF16 can be decomposed`);
  }
  const rows = shape[0] ?? 1;
  const columns = shape.slice(1).reduce((product, size) => product * size, 1);
  if (rows * columns === 0) throw new DataError(`${what} is empty: shape [${shape.join(', ')}]`);
  return { artifact, dtype, shape, rows, columns };
}

/** Inputs `from` and `to` of one shape. @param rows how many both are read up to. Absent: all */
export function updateInputs(context: StepContext, rows: number | undefined): UpdateEnds {
  return endsOfInputs(context, 'from', 'to', rows);
}

/** The same of the update that another is projected onto or compared with. */
export function ontoInputs(context: StepContext, rows: number | undefined): UpdateEnds {
  return endsOfInputs(context, 'onto-from', 'onto-to', rows);
}

function endsOfInputs(context: StepContext, from: string, to: string, rows: number | undefined): UpdateEnds {
  const ends = {
    from: firstRows(matrixInput(context, from), rows, `input "${from}"`),
    to: firstRows(matrixInput(context, to), rows, `input "${to}"`),
  };
  requireOneShape(ends.from, from, ends.to, to);
  return ends;
}

/** A tensor up to a row. @throws DataError when it has not so many */
export function firstRows(tensor: MatrixTensor, rows: number | undefined, what: string): MatrixTensor {
  if (rows === undefined) return tensor;
  if (rows > tensor.rows) throw new DataError(`${what} has ${tensor.rows} rows; ${rows} are to be read`);
  return { ...tensor, rows, shape: [rows, ...tensor.shape.slice(1)] };
}

/** @throws DataError that names the two inputs, when their shapes differ */
export function requireOneShape(a: MatrixTensor, nameA: string, b: MatrixTensor, nameB: string): void {
  if (a.shape.join() === b.shape.join()) return;
  throw new DataError(`"${nameA}" has shape [${a.shape.join(', ')}] and "${nameB}" [${b.shape.join(', ')}]`, {
    hint: 'An update joins two checkpoints of one architecture.',
  });
}

/**
 * A matrix in tall orientation back in its own, in the bytes of a storage type: what fills a tensor from its windows.
 * Call `set` for every window, in any order.
 */
export class TensorBytes {
  readonly bytes: Uint8Array;
  readonly #tensor: Pick<MatrixTensor, 'rows' | 'columns'>;
  readonly #type: FloatType;
  readonly #what: string;

  /** @param what fills it, in errors: `the sum of the terms is` */
  constructor(tensor: Pick<MatrixTensor, 'rows' | 'columns'>, type: FloatType, what: string) {
    this.#tensor = tensor;
    this.#type = type;
    this.#what = what;
    this.bytes = new Uint8Array(tensor.rows * tensor.columns * bytesPerElement[type]);
  }

  /**
   * @param window rows [start, start + count) of the tall orientation
   * @throws DataError at a number that the type cannot hold
   */
  set(start: number, count: number, window: Float32Array): void {
    const { rows, columns } = this.#tensor;
    if (!isWide(this.#tensor)) {
      this.#store(window, start * columns);
      return;
    }
    const line = new Float32Array(count);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < count; i++) line[i] = window[i * rows + row]!;
      this.#store(line, row * columns + start);
    }
  }

  /** @param first index of the first of these elements in the tensor */
  #store(values: Float32Array, first: number): void {
    const stored = fromFloat32(values, this.#type);
    const scan = new NonFiniteScan(this.#type);
    scan.add(stored);
    if (scan.first !== undefined) {
      const at = first + scan.first;
      const { columns } = this.#tensor;
      const place = `row ${Math.floor(at / columns)}, column ${at % columns} (counted from 0)`;
      throw new DataError(`${this.#what} beyond the range of ${this.#type.toLowerCase()} at ${place}`, {
        hint: 'A checkpoint of this type could not store it. Change less, or start from checkpoints of a wider type.',
      });
    }
    this.bytes.set(stored, first * bytesPerElement[this.#type]);
  }
}

/** One tensor, rounded to `heldAs` first, in tall orientation. */
export function weightsMatrix(context: StepContext, tensor: MatrixTensor, heldAs: FloatType | undefined): TallMatrix {
  return {
    ...tallShape(tensor),
    window: async (start, count) => {
      const values = await readWindow(context, tensor, heldAs, start, count);
      return values instanceof Float32Array ? values : new Float32Array(values);
    },
  };
}

/**
 * Δ = to − from in tall orientation, f32; both ends and their difference are rounded to `heldAs`. F64 tensors are subtracted
 * in f64. Windows throw a DataError at an element that is not finite.
 */
export function updateMatrix(context: StepContext, ends: UpdateEnds, heldAs: FloatType | undefined): TallMatrix {
  return {
    ...tallShape(ends.from),
    window: async (start, count) => {
      const from = await readWindow(context, ends.from, heldAs, start, count);
      const to = await readWindow(context, ends.to, heldAs, start, count);
      const exact = new Float32Array(from.length);
      for (let i = 0; i < exact.length; i++) exact[i] = to[i]! - from[i]!;
      const update = heldAs === undefined ? exact : rounded(exact, heldAs);
      const at = firstNonFinite(update);
      if (at !== undefined) throw nonFinite({ tensor: ends.from, from, to, at, start, type: heldAs ?? 'F32' });
      return update;
    },
  };
}

/** Rows and columns of the tall orientation. */
export function tallShape({ rows, columns }: MatrixTensor): { rows: number; columns: number } {
  return isWide({ rows, columns }) ? { rows: columns, columns: rows } : { rows, columns };
}

/** Wide matrices are read as their transpose. */
export function isWide({ rows, columns }: { readonly rows: number; readonly columns: number }): boolean {
  return columns > rows;
}

/**
 * Rows [start, start + count) of the tall orientation, in f64 where an F64 tensor is not rounded.
 * @param what the tensor in messages
 * @throws DataError at an element that is not finite
 */
export async function finiteWindow(
  context: StepContext,
  tensor: MatrixTensor,
  what: string,
  start: number,
  count: number,
  heldAs?: FloatType,
): Promise<Float32Array | Float64Array> {
  const values = await readWindow(context, tensor, heldAs, start, count);
  const at = firstNonFinite(values);
  if (at === undefined) return values;
  const rounded = heldAs === undefined ? '' : ` when it is rounded to ${heldAs.toLowerCase()}`;
  throw new DataError(`"${what}" holds ${values[at]} at ${placeOf(tensor, at, start)}${rounded}`);
}

function firstNonFinite(values: Float32Array | Float64Array): number | undefined {
  // Infinity and NaN both give NaN here.
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return i;
  return undefined;
}

/** Rows [start, start + count) of the tall orientation. */
async function readWindow(
  context: StepContext,
  tensor: MatrixTensor,
  heldAs: FloatType | undefined,
  start: number,
  count: number,
): Promise<Float32Array | Float64Array> {
  context.signal.throwIfAborted();
  const { artifact, dtype, rows, columns } = tensor;
  const size = bytesPerElement[dtype];
  if (!isWide(tensor)) {
    return decode(await context.read(artifact, start * columns * size, count * columns * size), dtype, heldAs);
  }
  const window = new (dtype === 'F64' && heldAs === undefined ? Float64Array : Float32Array)(count * rows);
  if (count === columns) {
    const whole = decode(await context.read(artifact, 0, rows * columns * size), dtype, heldAs);
    transposeInto(window, rows, 0, whole, rows, columns);
    return window;
  }
  // Enough rows at a time that the read is worth its call, few enough that the cache holds them while they are transposed.
  const band = 16;
  for (let row = 0; row < rows; row += band) {
    const height = Math.min(band, rows - row);
    const part = new (window.constructor as Float32ArrayConstructor)(height * count);
    for (let i = 0; i < height; i++) {
      const bytes = await context.read(artifact, ((row + i) * columns + start) * size, count * size);
      part.set(decode(bytes, dtype, heldAs), i * count);
    }
    transposeInto(window, rows, row, part, height, count);
  }
  return window;
}

function decode(bytes: Uint8Array, dtype: FloatType, heldAs: FloatType | undefined): Float32Array | Float64Array {
  if (dtype === 'F64' && heldAs === undefined) return new Float64Array(bytes.slice().buffer);
  const values = toFloat32(bytes, dtype);
  return heldAs === undefined || heldAs === dtype ? values : rounded(values, heldAs);
}

/** Rounds to nearest even; beyond the type's range lies infinity. */
function rounded(values: Float32Array, type: FloatType): Float32Array {
  return toFloat32(fromFloat32(values, type), type);
}

/** Writes a [height, width] matrix as columns `at` … of a matrix of `stride` columns. */
function transposeInto(
  target: Float32Array | Float64Array,
  stride: number,
  at: number,
  source: Float32Array | Float64Array,
  height: number,
  width: number,
): void {
  const block = 32;
  for (let i0 = 0; i0 < height; i0 += block) {
    for (let j0 = 0; j0 < width; j0 += block) {
      for (let j = j0; j < Math.min(width, j0 + block); j++) {
        for (let i = i0; i < Math.min(height, i0 + block); i++) target[j * stride + at + i] = source[i * width + j]!;
      }
    }
  }
}

/** Place of element `at` of a window in its tensor, in words. */
function placeOf(tensor: MatrixTensor, at: number, start: number): string {
  const { columns: width } = tallShape(tensor);
  const long = start + Math.floor(at / width);
  const [row, column] = isWide(tensor) ? [at % width, long] : [long, at % width];
  return `row ${row}, column ${column} (counted from 0)`;
}

function nonFinite(found: {
  readonly tensor: MatrixTensor;
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  readonly at: number;
  readonly start: number;
  readonly type: FloatType;
}): DataError {
  const { tensor, from, to, at, start, type } = found;
  const place = placeOf(tensor, at, start);
  const published =
    'The published code holds checkpoints in f16; `semantics: paper` computes with the numbers as they are stored.';
  const options = type === 'F16' ? { hint: published } : {};
  for (const [name, values] of [
    ['from', from],
    ['to', to],
  ] as const) {
    const what = type === 'F32' ? '' : ` when it is rounded to ${type.toLowerCase()}`;
    if (!Number.isFinite(values[at])) return new DataError(`"${name}" holds ${values[at]} at ${place}${what}`, options);
  }
  return new DataError(
    `"to" − "from" is ${to[at]} − ${from[at]} at ${place}, beyond the range of ${type.toLowerCase()}`,
    options,
  );
}
