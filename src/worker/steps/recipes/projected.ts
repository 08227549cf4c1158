import { DataError } from '../../../diagnostics/errors.js';
import type { Artifact } from '../../../formats/artifact.js';
import type { FloatType } from '../../../formats/float-conversion.js';
import { bytesPerElement } from '../../../formats/tensor.js';
import { projectedWeights, scalarProjectedWeights } from '../../../linalg/projected-weights.js';
import { scalarProjection } from '../../../linalg/subspace-energy.js';
import type { ProjectedModel } from '../../../steps/recipes/projected.js';
import type { StepContext } from '../../step-context.js';
import { subspaceBasis } from '../basis-input.js';
import { heldAs as roundedTo, weightsAs } from '../model-input.js';
import { randomTarget } from '../random-target.js';
import {
  firstRows,
  isWide,
  type MatrixTensor,
  matrixTensor,
  TensorBytes,
  type UpdateEnds,
  updateMatrix,
  weightsMatrix,
} from '../update-tensor.js';
import { withArithmetic } from '../with-arithmetic.js';
import type { MadeTensor, MakeTensor } from './kind.js';

/** That of `from`, plus what the projection leaves of the update. */
export const projectedTensor: MakeTensor<ProjectedModel> = async (context, model, name) => {
  const { mode, side, ranks, gaussian, permute, heldAs, castUpdate, zeroAsUnits, rows, ontoRows } = model;
  const ends = endsOf(context, name, 'from', 'to', rows?.[name]);
  const { from } = ends;
  const dtype = heldAs ?? (from.dtype === 'F64' ? 'F32' : from.dtype);
  const update = updateMatrix(context, ends, heldAs);
  const weights = weightsMatrix(context, from, heldAs);
  const how = { mode, storage: dtype, castUpdate };
  const result = new TensorBytes(from, dtype);
  const receive = result.set.bind(result);
  const rank = ranks[name]!;
  await withArithmetic(context, async (arithmetic) => {
    if (rank === 'whole') {
      await scalarProjectedWeights(arithmetic, update, weights, update, 1, { ...how, mode: 'parallel' }, receive);
      return;
    }
    if (rank === null) {
      const onto =
        gaussian === undefined
          ? updateMatrix(context, endsOf(context, name, 'onto-from', 'onto-to', ontoRows?.[name]), heldAs)
          : randomTarget(update, { seed: gaussian, stream: name });
      const { factor } = await scalarProjection(update, onto);
      await scalarProjectedWeights(arithmetic, update, weights, onto, factor, how, receive);
      return;
    }
    const vector = from.shape.length < 2;
    const left = vector || (typeof side === 'string' ? side : side[name]) === 'left';
    const d = left ? from.rows : from.columns;
    const permuted = permute === undefined ? undefined : { seed: permute, stream: name };
    const basis = await subspaceBasis(context, `basis/${name}`, `s/${name}`, d, permuted, zeroAsUnits && !vector);
    const basisSide = left === isWide(from) ? 'short' : 'long';
    await projectedWeights(arithmetic, update, weights, basis, basisSide, rank, how, receive);
  });
  return withFurtherRows(context, name, { bytes: result.bytes, dtype, shape: from.shape }, heldAs);
};

/** The rows that an update of fewer rows does not reach, as they are in `from`. */
async function withFurtherRows(
  context: StepContext,
  name: string,
  made: MadeTensor,
  type: FloatType | undefined,
): Promise<MadeTensor> {
  const { artifact, dtype, shape, rows, columns } = artifactOf(context, name, 'from');
  const first = made.shape[0] ?? 1;
  if (rows === first) return made;
  const offset = first * columns * bytesPerElement[dtype];
  const stored = { bytes: await context.read(artifact, offset, artifact.bytes - offset), dtype };
  const rest = type === undefined ? await weightsAs(stored, made.dtype) : (await roundedTo(stored, type, name)).bytes;
  const bytes = new Uint8Array(made.bytes.length + rest.length);
  bytes.set(made.bytes);
  bytes.set(rest, made.bytes.length);
  return { bytes, dtype: made.dtype, shape };
}

function artifactOf(context: StepContext, name: string, input: string): MatrixTensor {
  const artifact = context.inputs(input)[`tensor/${name}`] as Artifact | undefined;
  if (artifact === undefined) throw new DataError(`the model "${input}" lacks it`);
  return matrixTensor(artifact, `"${input}"`);
}

function endsOf(context: StepContext, name: string, from: string, to: string, rows: number | undefined): UpdateEnds {
  const tensor = (input: string) => firstRows(artifactOf(context, name, input), rows, `"${input}"`);
  return { from: tensor(from), to: tensor(to) };
}
