import { DataError } from '../../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../../formats/artifact.js';
import { type FloatType, fromFloat32, isFloatType, toFloat32 } from '../../formats/float-conversion.js';
import { copyOf, tensorNames, tensorOf } from '../../formats/model-artifacts.js';
import { defaultInitializerRange, hasTiedEmbeddings, parseModelConfig } from '../../formats/model-config.js';
import { bytesPerElement, elementCount } from '../../formats/tensor.js';
import { Turns } from '../../formats/turns.js';
import type { PerturbParams } from '../../steps/perturb.js';
import type { StepContext } from '../step-context.js';
import {
  type RowWindows,
  rowWindows,
  StructuredUpdate,
  structuredVector,
  type UpdateOptions,
  type UpdateShape,
} from './structured-update.js';
import { squaredNorm } from './unit-vectors.js';

/**
 * θ + Δ tensor by tensor with ‖Δ‖_F = `norm`·‖θ‖_F, in the parent's storage types; 1-D and zero tensors count as if they
 * held freshly made matrix weights. Integer tensors and the other files of the model are passed on. Tensors are read, made
 * and written by windows of rows.
 */
export async function runPerturb(context: StepContext<PerturbParams>): Promise<void> {
  const parent = context.inputs('parent');
  const config = parent['file/config.json'];
  const tied =
    config !== undefined &&
    hasTiedEmbeddings(parseModelConfig(await context.read(config), 'config.json'), 'config.json');
  const names = tensorNames(parent);
  const total = names.reduce((sum, name) => sum + parent[`tensor/${name}`]!.bytes, 0);
  let done = 0;
  const onBytes = (bytes: number) => {
    done += bytes;
    context.progress({ done, total, unit: 'bytes' });
  };
  let [matrices, changed] = [0, 0];
  for (const name of names) {
    context.signal.throwIfAborted();
    // A stored copy stays one: it is perturbed as the tensor it repeats.
    const origin = copyOf(name, tied, parent) ?? name;
    const tensor = tensorOf(parent, name);
    if (isFloatType(tensor.dtype)) {
      const perturbation = new Perturbation(context, parent, name, origin);
      await perturbation.write(onBytes);
      // Vectors of zeros change whatever the norm is.
      if (tensor.shape.length > 1) matrices++;
      if (tensor.shape.length > 1 && perturbation.changed) changed++;
    } else {
      await context.write(`tensor/${name}`, await context.read(parent[`tensor/${name}`]!), tensor);
      onBytes(parent[`tensor/${name}`]!.bytes);
    }
  }
  if (matrices > 0 && changed === 0) {
    const { norm } = context.params;
    throw new DataError(
      `an update of norm ${norm} changes none of the matrices: it is lost in the last digits of their weights`,
      {
        hint: 'Set a larger norm, or start from weights of a finer type.',
      },
    );
  }
  for (const [output, artifact] of Object.entries(parent)) {
    if (output.startsWith('file/')) await context.write(output, await context.read(artifact));
  }
}

/** One tensor of floating-point numbers. */
class Perturbation {
  /** Whether any stored weight is another than before. */
  changed = false;
  readonly #context: StepContext<PerturbParams>;
  readonly #params: PerturbParams;
  readonly #name: string;
  /** The tensor whose random numbers it gets. */
  readonly #origin: string;
  readonly #weights: StoredRows;
  readonly #turns: Turns;

  constructor(context: StepContext<PerturbParams>, parent: Artifacts, name: string, origin: string) {
    this.#context = context;
    this.#params = context.params;
    this.#name = name;
    this.#origin = origin;
    this.#weights = new StoredRows(context, parent, name, `the parent's tensor ${name}`);
    this.#turns = new Turns(context.signal);
  }

  async write(onBytes: (bytes: number) => void): Promise<void> {
    const { shape, dtype, matrix } = this.#weights;
    const count = elementCount(shape);
    const ownNorm = Math.sqrt(await this.#squaredNorm());
    const fresh = defaultInitializerRange * Math.sqrt(count);
    // An optimizer moves every entry about as far, also where weights are near one, as those of a norm are.
    const factor = this.#params.norm * (shape.length < 2 || ownNorm === 0 ? fresh : ownNorm);
    const update = await this.#update();
    const writer = await this.#context.writer(`tensor/${this.#name}`, { dtype, shape });
    try {
      for (const window of rowWindows(matrix)) {
        await this.#turns.take();
        const { start, count: rows } = window;
        const change = update(start, rows);
        await this.#turns.take();
        const weights = await this.#weights.window32(start, rows);
        const perturbed = new Float32Array(weights.length);
        for (let i = 0; i < perturbed.length; i++) perturbed[i] = weights[i]! + factor * change[i]!;
        const bytes = fromFloat32(perturbed, dtype);
        const stored = toFloat32(bytes, dtype);
        checkFinite(stored, start * matrix.columns, `the perturbed tensor ${this.#name}`, smaller);
        this.changed ||= stored.some((value, i) => value !== weights[i]);
        await writer.append(bytes);
        onBytes(bytes.length);
      }
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  async #squaredNorm(): Promise<number> {
    let sum = 0;
    for (const { start, count } of rowWindows(this.#weights.matrix)) {
      await this.#turns.take();
      sum += squaredNorm(await this.#weights.window32(start, count));
    }
    return sum;
  }

  /** Rows of an update of norm 1. */
  async #update(): Promise<(start: number, count: number) => Float64Array> {
    const { seed, decay, share: weight } = this.#params;
    const { matrix } = this.#weights;
    const shared = weight === undefined ? undefined : { update: this.#sharedUpdate(), weight };
    const options: UpdateOptions = { seed, stream: this.#origin, decay, ...(shared && { shared }) };
    const { rows, columns } = matrix;
    if (Math.min(rows, columns) >= 2) {
      const update = await StructuredUpdate.make(matrix, options, this.#turns);
      return (start, count) => update.window(start, count);
    }
    // A single row or column has one direction, as a 1-D tensor has.
    const vector = await structuredVector(matrix, options, this.#turns);
    return (start, count) => vector.subarray(start * columns, (start + count) * columns);
  }

  #sharedUpdate(): RowWindows {
    const [from, to] = ['share-from', 'share-to'].map((input) => {
      const what = `tensor ${this.#origin} of a model of the shared update`;
      return new StoredRows(this.#context, this.#context.inputs(input), this.#origin, what, this.#weights.shape);
    }) as [StoredRows, StoredRows];
    return {
      window: async (start, count) => {
        const [before, after] = [await from.window32(start, count), await to.window32(start, count)];
        const difference = new Float64Array(before.length);
        for (let i = 0; i < difference.length; i++) difference[i] = after[i]! - before[i]!;
        return difference;
      },
    };
  }
}

/** A stored tensor as a matrix, first dimension × rest, that is read by ranges of rows; a 1-D tensor is a column. */
class StoredRows {
  readonly dtype: FloatType;
  readonly shape: readonly number[];
  readonly matrix: UpdateShape;
  readonly #context: StepContext;
  readonly #artifact: Artifact;
  readonly #what: string;

  /** @param expected the shape that it must have. @throws DataError when it has another, or none of its elements is a float */
  constructor(context: StepContext, model: Artifacts, name: string, what: string, expected?: readonly number[]) {
    const { dtype, shape } = tensorOf(model, name);
    if (!isFloatType(dtype) || (expected !== undefined && shape.join() !== expected.join())) {
      throw new DataError(
        `tensor ${name} is ${dtype} [${shape.join(', ')}] in a model of the shared update and [${expected?.join(', ')}] in the parent`,
        { hint: 'Share directions only between checkpoints of one architecture.' },
      );
    }
    this.dtype = dtype;
    this.shape = shape;
    const rows = shape[0] ?? 1;
    this.matrix = { rows, columns: rows === 0 ? 0 : elementCount(shape) / rows };
    this.#context = context;
    this.#artifact = model[`tensor/${name}`]!;
    this.#what = what;
  }

  /** @throws DataError at an element that is not finite */
  async window32(start: number, count: number): Promise<Float32Array> {
    const rowBytes = this.matrix.columns * bytesPerElement[this.dtype];
    const values = toFloat32(await this.#context.read(this.#artifact, start * rowBytes, count * rowBytes), this.dtype);
    checkFinite(values, start * this.matrix.columns, this.#what);
    return values;
  }
}

const smaller = 'Set a smaller norm, or start from weights of a type with a wider range.';

/** @param first index of the first value in its tensor */
function checkFinite(values: Float32Array, first: number, what: string, hint?: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new DataError(`${what} holds ${values[i]} at element ${first + i}`, hint === undefined ? {} : { hint });
  }
}
