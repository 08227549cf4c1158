import { DataError } from '../../../diagnostics/errors.js';
import type { Artifact } from '../../../formats/artifact.js';
import { projectedWeights, scalarProjectedWeights } from '../../../linalg/projected-weights.js';
import { scalarProjection } from '../../../linalg/subspace-energy.js';
import type { ProjectedModel } from '../../../steps/recipes/projected.js';
import type { StepContext } from '../../step-context.js';
import { subspaceBasis } from '../basis-input.js';
import { randomTarget } from '../random-target.js';
import { isWide, matrixTensor, TensorBytes, type UpdateEnds, updateMatrix, weightsMatrix } from '../update-tensor.js';
import { withArithmetic } from '../with-arithmetic.js';
import type { MakeTensor } from './kind.js';

/** That of `from`, plus what the projection leaves of the update. */
export const projectedTensor: MakeTensor<ProjectedModel> = async (context, model, name) => {
  const { mode, side, ranks, gaussian, permute, heldAs, castUpdate, zeroAsUnits } = model;
  const ends = endsOf(context, name, 'from', 'to');
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
          ? updateMatrix(context, endsOf(context, name, 'onto-from', 'onto-to'), heldAs)
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
  return { bytes: result.bytes, dtype, shape: from.shape };
};

function endsOf(context: StepContext, name: string, from: string, to: string): UpdateEnds {
  const tensor = (input: string) => {
    const artifact = context.inputs(input)[`tensor/${name}`] as Artifact | undefined;
    if (artifact === undefined) throw new DataError(`the model "${input}" lacks it`);
    return matrixTensor(artifact, `"${input}"`);
  };
  return { from: tensor(from), to: tensor(to) };
}
