import { DataError } from '../../diagnostics/errors.js';
import { embeddingTensor, isTiedCopy } from '../../formats/architecture.js';
import type { Artifact, Artifacts } from '../../formats/artifact.js';
import { type FloatType, fromFloat64, isFloatType, toFloat32, toFloat64 } from '../../formats/float-conversion.js';
import { tensorNames, tensorOf } from '../../formats/model-artifacts.js';
import { hasTiedEmbeddings, parseModelConfig } from '../../formats/model-config.js';
import { NonFiniteScan } from '../../formats/non-finite.js';
import { bytesPerElement, elementCount } from '../../formats/tensor.js';
import { Turns } from '../../formats/turns.js';
import { addLowRank } from '../../linalg/host/low-rank.js';
import type { MergeAdapterParams } from '../../steps/merge-adapter.js';
import type { StepContext } from '../step-context.js';

/**
 * W + s · B A in f64, tensor by tensor and window by window, rounded once to the type that W is stored in: PEFT's
 * `merge_and_unload`, without the rounding of the product that it does in the base's type. What the adapter leaves alone
 * are references to the base's tensors; a stored copy of a tied embedding is left out.
 * @throws DataError at a factor that is not finite, by its name
 */
export async function runMergeAdapter(context: StepContext<MergeAdapterParams>): Promise<void> {
  const base = context.inputs('base');
  const config = base['file/config.json'];
  const tied =
    config !== undefined &&
    hasTiedEmbeddings(parseModelConfig(await context.read(config), 'config.json'), 'config.json');
  const changed = (name: string) => context.has(`whole/${name}`) || context.has(`a/${name}`);
  const all = tensorNames(base);
  const names = all.some(changed) ? all.filter((name) => !isTiedCopy(name, tied, (other) => all.includes(other))) : all;
  const total = names.filter(changed).reduce((sum, name) => sum + base[`tensor/${name}`]!.bytes, 0);
  if (tied && changed(embeddingTensor)) {
    context.warn(`${embeddingTensor} is the output layer too (tie_word_embeddings): the adapter changes both`);
  }
  let done = 0;
  for (const name of names) {
    context.signal.throwIfAborted();
    if (changed(name)) {
      await mergeTensor(context, base, name, (bytes) => {
        done += bytes;
        context.progress({ done, total, unit: 'bytes' });
      });
    } else context.reference(`tensor/${name}`, base[`tensor/${name}`]!);
  }
  for (const [output, artifact] of Object.entries(base)) {
    if (output.startsWith('file/')) context.reference(output, artifact);
  }
}

async function mergeTensor(
  context: StepContext<MergeAdapterParams>,
  base: Artifacts,
  name: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { shape, dtype } = tensorOf(base, name);
  if (!isFloatType(dtype)) throw new DataError(`the base's tensor ${name} holds ${dtype}`);
  const whole = context.has(`whole/${name}`) ? context.input(`whole/${name}`) : undefined;
  if (whole !== undefined && context.has(`again/${name}`) && context.input(`again/${name}`).digest !== whole.digest) {
    throw new DataError(`the adapter stores ${name} and the layer that is tied to it whole, and the two differ`, {
      hint: 'The base uses one matrix for both: take a base whose output layer is its own.',
    });
  }
  const weights = whole ?? base[`tensor/${name}`]!;
  if (!context.has(`a/${name}`) && weights.tensor!.dtype === dtype) {
    if (whole !== undefined) await requireFinite(context, whole, name);
    context.reference(`tensor/${name}`, weights);
    onBytes(weights.bytes);
    return;
  }
  const product = context.has(`a/${name}`) ? await Product.read(context, name) : undefined;
  const writer = await context.writer(`tensor/${name}`, { dtype, shape });
  const turns = new Turns(context.signal);
  try {
    const columns = shape.length < 2 ? 1 : elementCount(shape.slice(1));
    const count = elementCount(shape) / columns;
    const rowBytes = columns * bytesPerElement[weights.tensor!.dtype];
    const window = Math.max(1, Math.floor(windowWork / (columns * (16 + (product?.rank ?? 0)))));
    for (let start = 0; start < count; start += window) {
      await turns.take();
      const height = Math.min(window, count - start);
      const bytes = await context.read(weights, start * rowBytes, height * rowBytes);
      const sum = toFloat64(bytes, weights.tensor!.dtype as FloatType);
      product?.addTo(sum, start, height, columns);
      const stored = fromFloat64(sum, dtype);
      await writer.append(stored);
      onBytes(stored.length);
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Multiply-adds and conversions between two turns of the event loop: some 20 ms. */
const windowWork = 2 ** 24;

/** s · B A, or its transpose, of one tensor. Factors are kept whole: they are small beside the tensor. */
class Product {
  readonly rank: number;
  /** [rows, rank], with s in it. */
  readonly #left: Float64Array;
  /** [rank, columns]. */
  readonly #right: Float32Array | Float64Array;

  private constructor(rank: number, left: Float64Array, right: Float32Array | Float64Array) {
    this.rank = rank;
    this.#left = left;
    this.#right = right;
  }

  static async read(context: StepContext<MergeAdapterParams>, name: string): Promise<Product> {
    const { scales, transposed = [] } = context.params;
    const input = context.input(`a/${name}`);
    const rank = input.tensor!.shape[0]!;
    const a = await readFactor(context, input, `factor A of ${name}`);
    const b = await readFactor(context, context.input(`b/${name}`), `factor B of ${name}`);
    const [left, right] = transposed.includes(name) ? [turned(a, rank), turned(b, b.length / rank)] : [b, a];
    const scaled = new Float64Array(left);
    for (let i = 0; i < scaled.length; i++) scaled[i]! *= scales[name]!;
    return new Product(rank, scaled, right);
  }

  /** Adds rows [first, first + count). */
  addTo(sum: Float64Array, first: number, count: number, columns: number): void {
    addLowRank(sum, this.#left, this.#right, { first, count, rank: this.rank, columns });
  }
}

/** The transpose of a matrix. */
function turned(matrix: Float32Array | Float64Array, rows: number): Float32Array | Float64Array {
  const columns = matrix.length / rows;
  const result = matrix.slice();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!;
  return result;
}

const partBytes = 4 << 20;

/** All of a factor, exactly: in f64 where it is stored so. */
async function readFactor(
  context: StepContext,
  artifact: Artifact,
  what: string,
): Promise<Float64Array | Float32Array> {
  const { dtype, shape } = artifact.tensor!;
  const turns = new Turns(context.signal);
  const values = new (dtype === 'F64' ? Float64Array : Float32Array)(elementCount(shape));
  for (let at = 0; at < artifact.bytes; at += partBytes) {
    await turns.take();
    const length = Math.min(partBytes, artifact.bytes - at);
    const bytes = await context.read(artifact, at, length);
    const part = dtype === 'F64' ? toFloat64(bytes, dtype) : toFloat32(bytes, dtype as FloatType);
    const first = at / bytesPerElement[dtype];
    const bad = part.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new DataError(`${what} holds ${part[bad]} at element ${first + bad}`);
    values.set(part, first);
  }
  return values;
}

/** Bytes that are searched at a time. */
const scannedBytes = 4 << 20;

/** What is passed on unread must be looked at here. @throws DataError at a whole tensor of the adapter that holds NaN or an infinity */
async function requireFinite(context: StepContext, whole: Artifact, name: string): Promise<void> {
  const scan = new NonFiniteScan(whole.tensor!.dtype);
  const turns = new Turns(context.signal);
  for (let at = 0; at < whole.bytes; at += scannedBytes) {
    await turns.take();
    scan.add(await context.read(whole, at, Math.min(scannedBytes, whole.bytes - at)));
  }
  if (scan.count === 0) return;
  throw new DataError(`the adapter's whole tensor ${name} holds NaN or an infinity at element ${scan.first}`);
}
