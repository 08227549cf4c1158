import { DataError } from '../../diagnostics/errors.js';
import type { Artifact } from '../../formats/artifact.js';
import { fromFloat32, isFloatType, toFloat32 } from '../../formats/float-conversion.js';
import { copyOf, tensorNames, tensorOf } from '../../formats/model-artifacts.js';
import { defaultInitializerRange, hasTiedEmbeddings, parseModelConfig } from '../../formats/model-config.js';
import { elementCount } from '../../formats/tensor.js';
import type { PerturbParams } from '../params.js';
import type { StepContext } from '../step.js';
import { norm, structuredUpdate, structuredVector, type UpdateOptions } from './structured-update.js';

/**
 * θ + Δ tensor by tensor with ‖Δ‖_F = `norm`·‖θ‖_F, in the parent's storage types; 1-D and zero tensors count as if they
 * held freshly made matrix weights. Integer tensors and the other files of the model are passed on.
 */
export async function runPerturb(context: StepContext): Promise<void> {
  const parent = context.inputs('parent');
  const config = parent['file/config.json'];
  const tied = config !== undefined && hasTiedEmbeddings(parseModelConfig(await context.read(config), 'config.json'));
  const names = tensorNames(parent);
  for (const [done, name] of names.entries()) {
    context.signal.throwIfAborted();
    const artifact = parent[`tensor/${name}`]!;
    const tensor = tensorOf(parent, name);
    const bytes = await context.read(artifact);
    // A stored copy stays one: it is perturbed as the tensor it repeats.
    const origin = copyOf(name, tied, parent) ?? name;
    const perturbed = isFloatType(tensor.dtype)
      ? fromFloat32(await perturbed32(context, origin, toFloat32(bytes, tensor.dtype), tensor.shape), tensor.dtype)
      : bytes;
    if (isFloatType(tensor.dtype)) finiteNorm(toFloat32(perturbed, tensor.dtype), `the perturbed tensor ${name}`);
    await context.write(`tensor/${name}`, perturbed, { dtype: tensor.dtype, shape: tensor.shape });
    context.progress({ done: done + 1, total: names.length, unit: 'tensors' });
  }
  for (const [output, artifact] of Object.entries(parent)) {
    if (output.startsWith('file/')) await context.write(output, await context.read(artifact));
  }
}

async function perturbed32(
  context: StepContext,
  name: string,
  weights: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  const params = context.params as PerturbParams;
  const fresh = defaultInitializerRange * Math.sqrt(weights.length);
  const own = finiteNorm(weights, `the parent's tensor ${name}`);
  // An optimizer moves every entry about as far, also where weights are near one, as those of a norm are.
  const reference = shape.length < 2 || own === 0 ? fresh : own;
  const shared =
    params.share === undefined ? undefined : { update: await sharedUpdate(context, name, shape), weight: params.share };
  const options: UpdateOptions = { seed: params.seed, stream: name, decay: params.decay, ...(shared && { shared }) };
  const rows = shape[0] ?? 1;
  const update =
    shape.length < 2
      ? structuredVector(weights.length, options)
      : structuredUpdate({ rows, columns: rows === 0 ? 0 : weights.length / rows }, options);
  const factor = params.norm * reference;
  const result = new Float32Array(weights.length);
  for (let i = 0; i < result.length; i++) result[i] = weights[i]! + factor * update[i]!;
  return result;
}

async function sharedUpdate(context: StepContext, name: string, shape: readonly number[]): Promise<Float64Array> {
  const read = async (input: string): Promise<Float32Array> => {
    const model = context.inputs(input);
    const tensor = tensorOf(model, name);
    if (!isFloatType(tensor.dtype) || tensor.shape.join() !== shape.join()) {
      throw new DataError(
        `tensor ${name} is ${tensor.dtype} [${tensor.shape.join(', ')}] in a model of the shared update and [${shape.join(', ')}] in the parent`,
        { hint: 'Share directions only between checkpoints of one architecture.' },
      );
    }
    const values = toFloat32(await context.read(model[`tensor/${name}`] as Artifact), tensor.dtype);
    finiteNorm(values, `tensor ${name} of a model of the shared update`);
    return values;
  };
  const from = await read('share-from');
  const to = await read('share-to');
  return Float64Array.from({ length: elementCount(shape) }, (_, i) => to[i]! - from[i]!);
}

/** ‖values‖, or a DataError when it is not a number. */
function finiteNorm(values: Float32Array, what: string): number {
  const length = norm(values);
  if (Number.isFinite(length)) return length;
  const at = values.findIndex((value) => !Number.isFinite(value));
  throw new DataError(`${what} holds ${values[at]} at element ${at}`);
}
