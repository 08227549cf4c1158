import type { Realignment } from '../../../formats/realignment.js';
import { projectOntoBasis } from '../../../linalg/projected-weights.js';
import { productBasis } from '../../../linalg/realignment.js';
import { windowsOf } from '../../../linalg/tall-matrix.js';
import type { RealignedModel } from '../../../steps/recipes/realigned.js';
import type { StepContext } from '../../step-context.js';
import { singularValues, subspaceBasis } from '../basis-input.js';
import { isWide, TensorBytes, tallShape, type UpdateEnds, updateMatrix, weightsMatrix } from '../update-tensor.js';
import { withArithmetic } from '../with-arithmetic.js';
import type { MakeTensor } from './kind.js';
import { endsOf } from './projected.js';

/** Rows [start, start + count) of a tensor in tall orientation, in f32. */
type Window = (start: number, count: number) => Promise<Float32Array>;

/** That of `to` where the tensor does not change, else that of `from` plus C Δ, or plus the mean of Δ and the safe update. */
export const realignedTensor: MakeTensor<RealignedModel> = async (context, model, name) => {
  const choice = JSON.parse(new TextDecoder().decode(await context.read(context.input('choice')))) as Realignment;
  const ends = endsOf(context, name, 'from', 'to');
  const { changed } = choice[name]!;
  const like = changed ? ends.from : ends.to;
  const dtype = model.heldAs ?? (like.dtype === 'F64' ? 'F32' : like.dtype);
  const result = new TensorBytes(like, dtype, 'the realigned weights are');
  await withWindows(async (window) => {
    for (const { start, count } of windowsOf(tallShape(like))) {
      result.set(start, count, await window(start, count));
    }
  });
  return { bytes: result.bytes, dtype, shape: like.shape };

  function withWindows(use: (window: Window) => Promise<void>): Promise<void> {
    if (!changed) return use(weightsMatrix(context, ends.to, model.heldAs).window);
    if (model.share === undefined) return withProduct(context, model, name, ends, use);
    return use(mean(context, model, model.share, name, ends));
  }
};

/** θ_A + C Δ. */
async function withProduct(
  context: StepContext,
  { heldAs }: RealignedModel,
  name: string,
  ends: UpdateEnds,
  use: (window: Window) => Promise<void>,
): Promise<void> {
  const { from } = ends;
  const update = updateMatrix(context, ends, heldAs);
  const target = { weights: weightsMatrix(context, from, heldAs), storage: 'F32' } as const;
  const directions = await subspaceBasis(context, `basis/${name}`, `s/${name}`, from.rows, undefined);
  const basis = productBasis(directions, await singularValues(context, `s/${name}`));
  const side = isWide(from) ? 'short' : 'long';
  await withArithmetic(context, async (arithmetic) => {
    const rank = basis.vectors;
    const made = await projectOntoBasis(arithmetic, update, target, basis, side, rank, { mode: 'parallel' });
    try {
      await use((start, count) => made.window(start, count));
    } finally {
      made.release();
    }
  });
}

/** θ_A + (1 − share) Δ + share Δ_safe, summed in f64. */
function mean(context: StepContext, { heldAs }: RealignedModel, share: number, name: string, ends: UpdateEnds): Window {
  const update = updateMatrix(context, ends, heldAs);
  const safe = updateMatrix(context, endsOf(context, name, 'safe-from', 'safe-to'), heldAs);
  const weights = weightsMatrix(context, ends.from, heldAs);
  return async (start, count) => {
    const sum = await weights.window(start, count);
    const [own, other] = [await update.window(start, count), await safe.window(start, count)];
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + (1 - share) * own[i]! + share * other[i]!;
    return sum;
  };
}
