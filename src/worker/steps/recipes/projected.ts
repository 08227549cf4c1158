import { DataError } from '../../../diagnostics/errors.js';
import type { Artifact } from '../../../formats/artifact.js';
import type { FloatType } from '../../../formats/float-conversion.js';
import { bytesPerElement } from '../../../formats/tensor.js';
import type { Arithmetic } from '../../../linalg/arithmetic.js';
import {
  type ProjectedWindows,
  projectOntoBasis,
  projectOntoUpdate,
  type Target,
} from '../../../linalg/projected-weights.js';
import { scalarProjection } from '../../../linalg/subspace-energy.js';
import { windowsOf } from '../../../linalg/tall-matrix.js';
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
  requireOneShape,
  TensorBytes,
  tallShape,
  type UpdateEnds,
  updateMatrix,
  weightsMatrix,
} from '../update-tensor.js';
import { withArithmetic } from '../with-arithmetic.js';
import type { MadeTensor, MakeTensor } from './kind.js';

/** That of `from`, plus what the projection leaves of the update. */
export const projectedTensor: MakeTensor<ProjectedModel> = async (context, recipe, name) => {
  const from = modelTensor(context, 'from', name, recipe.rows?.[name]);
  const storage = recipe.heldAs ?? (from.dtype === 'F64' ? 'F32' : from.dtype);
  const result = new TensorBytes(from, storage, 'the projected weights are');
  const target = { weights: weightsMatrix(context, from, recipe.heldAs), storage };
  await withArithmetic(context, async (arithmetic) => {
    const projected = await projectedWindows(context, arithmetic, recipe, name, target);
    for (const { start, count } of windowsOf(tallShape(from))) {
      result.set(start, count, await projected.window(start, count));
    }
  });
  return withFurtherRows(context, name, { bytes: result.bytes, dtype: storage, shape: from.shape }, recipe.heldAs);
};

/** The rows that an update of fewer rows does not reach, as they are in `from`. */
async function withFurtherRows(
  context: StepContext,
  name: string,
  made: MadeTensor,
  type: FloatType | undefined,
): Promise<MadeTensor> {
  const { artifact, dtype, shape, rows, columns } = modelTensor(context, 'from', name);
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

/**
 * What the projection leaves of one tensor of an update, added to weights or alone.
 * @param inputOf the name under which the step has an input of the recipe
 */
export async function projectedWindows(
  context: StepContext,
  arithmetic: Arithmetic,
  recipe: ProjectedModel,
  name: string,
  target: Target | undefined,
  inputOf = (input: string) => input,
): Promise<ProjectedWindows> {
  const { mode, side, ranks, gaussian, permute, heldAs, castUpdate, zeroAsUnits, rows, ontoRows } = recipe;
  const how = { mode, castUpdate };
  const ends = endsOf(context, name, inputOf('from'), inputOf('to'), rows?.[name]);
  const update = updateMatrix(context, ends, heldAs);
  const rank = ranks[name]!;
  if (rank === 'whole') {
    return projectOntoUpdate(arithmetic, update, target, update, 1, { ...how, mode: 'parallel' });
  }
  if (rank === null) {
    const onto =
      gaussian === undefined
        ? updateMatrix(
            context,
            endsOf(context, name, inputOf('onto-from'), inputOf('onto-to'), ontoRows?.[name]),
            heldAs,
          )
        : randomTarget(update, { seed: gaussian, stream: name });
    const { factor } = await scalarProjection(update, onto);
    return projectOntoUpdate(arithmetic, update, target, onto, factor, how);
  }
  const { from } = ends;
  const vector = from.shape.length < 2;
  const left = vector || (typeof side === 'string' ? side : side[name]) === 'left';
  const d = left ? from.rows : from.columns;
  const permuted = permute === undefined ? undefined : { seed: permute, stream: name };
  const [b, s] = [inputOf(`basis/${name}`), inputOf(`s/${name}`)];
  const basis = await subspaceBasis(context, b, s, d, permuted, zeroAsUnits && !vector);
  const basisSide = left === isWide(from) ? 'short' : 'long';
  return projectOntoBasis(arithmetic, update, target, basis, basisSide, rank, how);
}

/** Both ends of one tensor of an update, of two whole nodes. @param rows how many both are read up to. Absent: all */
export function endsOf(context: StepContext, name: string, from: string, to: string, rows?: number): UpdateEnds {
  const ends = { from: modelTensor(context, from, name, rows), to: modelTensor(context, to, name, rows) };
  requireOneShape(ends.from, from, ends.to, to);
  return ends;
}

/** One tensor of a model that is a whole node, up to a row. */
export function modelTensor(context: StepContext, input: string, name: string, rows?: number): MatrixTensor {
  const artifact = context.inputs(input)[`tensor/${name}`] as Artifact | undefined;
  if (artifact === undefined) throw new DataError(`the model "${input}" lacks it`);
  return firstRows(matrixTensor(artifact, `"${input}"`), rows, `"${input}"`);
}
