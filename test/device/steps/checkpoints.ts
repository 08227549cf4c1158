import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { type FloatType, fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { svd } from '../../../src/steps/svd.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { gaussian } from '../../oracles/matrices.js';
import { type Dense, dense } from '../../oracles/one-sided-jacobi.js';
import { MemoryContext } from '../../unit/steps/memory-context.js';
import { device } from '../device.js';

/** Small checkpoints in memory, for tests of what makes models of others. */

export class DeviceContext extends MemoryContext {
  override gpu(): Promise<never> {
    return device() as Promise<never>;
  }
}

export const objects = new Map<string, Uint8Array>();

export function stored(bytes: Uint8Array, tensor?: Artifact['tensor']): Artifact {
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  return { digest, bytes: bytes.length, ...(tensor && { tensor }) };
}

export const shapes: Readonly<Record<string, readonly number[]>> = {
  'model.embed_tokens.weight': [31, 12],
  'model.layers.0.up.weight': [9, 17],
  'model.layers.0.norm.weight': [13],
  'model.layers.0.stack.weight': [5, 3, 2],
};
export const tensors = Object.keys(shapes);

export function matrixOf(name: string, values: ArrayLike<number>): Dense {
  const [rows, ...rest] = shapes[name]!;
  return dense(
    rows!,
    rest.reduce((a, b) => a * b, 1),
    values,
  );
}

function floats(dtype: FloatType, values: Float64Array): Uint8Array {
  return dtype === 'F64' ? new Uint8Array(values.slice().buffer) : fromFloat32(Float32Array.from(values), dtype);
}

/** A checkpoint: what `seed` is of, plus `size` times noise of its own. */
export function checkpoint(
  dtype: FloatType,
  seed: string,
  parent?: Artifacts,
  size = 0.1,
  config: JsonObject = {},
): Artifacts {
  const model: Record<string, Artifact> = {
    'file/config.json': stored(Buffer.from(JSON.stringify({ torch_dtype: 'bfloat16', ...config }))),
    'file/tokenizer.json': stored(Buffer.from(`{"of":"${seed}"}`)),
    'tensor/steps': stored(new Uint8Array(8).fill(seed.length), { dtype: 'I64', shape: [1] }),
  };
  for (const [name, shape] of Object.entries(shapes)) {
    const { rows, columns } = matrixOf(name, []);
    const noise = gaussian(rows, columns, `${seed} ${name}`).data;
    const before = parent === undefined ? undefined : valuesOf(parent, name).data;
    const values = noise.map((value, i) => (before?.[i] ?? 0) + size * value);
    model[`tensor/${name}`] = stored(floats(dtype, values), { dtype, shape });
  }
  return model;
}

export function valuesOf(model: Artifacts, name: string): Dense {
  const { digest, tensor } = model[`tensor/${name}`]!;
  const bytes = objects.get(digest)!;
  const values = tensor!.dtype === 'F64' ? new Float64Array(bytes.slice().buffer) : toFloat32(bytes, tensor!.dtype as FloatType); // biome-ignore format: one line
  return matrixOf(name, values);
}

export async function decomposed(ends: Record<string, Artifacts>, params: JsonObject): Promise<Artifacts> {
  const context = new DeviceContext(params, ends, objects);
  await (await implementationOf(svd.kind))(context);
  return context.outputs;
}
