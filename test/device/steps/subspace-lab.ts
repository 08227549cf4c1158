import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { type FloatType, fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import type { JsonObject } from '../../../src/formats/json.js';
import type { StepContract } from '../../../src/steps/step.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { gaussian } from '../../oracles/matrices.js';
import { type Dense, dense } from '../../oracles/one-sided-jacobi.js';
import { difference, energy, roundTo } from '../../oracles/projection.js';
import { DeviceContext, objects } from './checkpoints.js';

/** Two updates of one matrix in memory, and steps run on them. */

export const epsilon = 2 ** -23;

export async function run(
  step: StepContract,
  params: JsonObject,
  inputs: Record<string, Artifact>,
): Promise<Artifacts> {
  const groups = Object.fromEntries(Object.entries(inputs).map(([name, artifact]) => [name, { [name]: artifact }]));
  const context = new DeviceContext(params, groups, objects);
  await (await implementationOf(step.kind))(context);
  return context.outputs;
}

/** Stores a matrix as a tensor; a column as a 1-D tensor when `flat`. */
export function stored(
  matrix: Dense,
  dtype: FloatType,
  shape: readonly number[] = [matrix.rows, matrix.columns],
): Artifact {
  const bytes =
    dtype === 'F64' ? new Uint8Array(matrix.data.slice().buffer) : fromFloat32(Float32Array.from(matrix.data), dtype);
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  return { digest, bytes: bytes.length, tensor: { dtype, shape } };
}

export function matrixOf(artifact: Artifact): Dense {
  const [rows, columns] = artifact.tensor!.shape as [number, number];
  return dense(rows, columns, toFloat32(objects.get(artifact.digest)!, 'F32'));
}

export function jsonOf<T>(artifact: Artifact): T {
  return JSON.parse(Buffer.from(objects.get(artifact.digest)!).toString()) as T;
}

export interface World {
  readonly base: Artifact;
  readonly aligned: Artifact;
  readonly tuned: Artifact;
  /** What the files hold, as the semantics reads them. */
  readonly weights: Dense;
  readonly alignment: Dense;
  readonly task: Dense;
}

/** Three checkpoints of one tensor with the given alignment update and a task update that shares half of its directions. */
export function world(alignment: Dense, dtype: FloatType, heldAs?: 'F16', flat = false): World {
  const { rows, columns } = alignment;
  const shape = flat ? [rows * columns] : [rows, columns];
  const size = Math.sqrt(energy(alignment) / alignment.data.length) || 1e-3;
  const noise = gaussian(rows, columns, 'task');
  const base = roundTo(dense(rows, columns, new Float64Array(rows * columns)), dtype);
  const aligned = roundTo(alignment, dtype);
  const tuned = roundTo(
    { ...aligned, data: aligned.data.map((x, i) => x * 1.25 + 0.3 * size * noise.data[i]!) },
    dtype,
  );
  const read = (matrix: Dense) => (heldAs === undefined ? matrix : roundTo(matrix, heldAs));
  return {
    base: stored(base, dtype, shape),
    aligned: stored(aligned, dtype, shape),
    tuned: stored(tuned, dtype, shape),
    weights: read(aligned),
    alignment: read(difference(read(aligned), read(base))),
    task: read(difference(read(tuned), read(aligned))),
  };
}

/** Checks all three modes of the energy step on one side against f64, at every cut that is at a gap. */
