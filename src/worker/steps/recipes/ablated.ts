import { projectOntoBasis } from '../../../linalg/projected-weights.js';
import { type TallMatrix, windowsOf } from '../../../linalg/tall-matrix.js';
import type { AblatedModel } from '../../../steps/recipes/ablated.js';
import { subspaceBasis } from '../basis-input.js';
import { finiteWindow, isWide, TensorBytes, tallShape } from '../update-tensor.js';
import { withArithmetic } from '../with-arithmetic.js';
import type { MakeTensor } from './kind.js';
import { modelTensor } from './projected.js';

/** That of `ablated` minus its own projection onto the directions. */
export const ablatedTensor: MakeTensor<AblatedModel> = async (context, { ranks, sides, heldAs }, name) => {
  const tensor = modelTensor(context, 'ablated', name);
  const storage = heldAs ?? (tensor.dtype === 'F64' ? 'F32' : tensor.dtype);
  const weights: TallMatrix = {
    ...tallShape(tensor),
    window: async (start, count) =>
      Float32Array.from(await finiteWindow(context, tensor, 'ablated', start, count, heldAs)),
  };
  const left = sides[name] === 'left';
  const [length, side] = [left ? tensor.rows : tensor.columns, left === isWide(tensor) ? 'short' : 'long'] as const;
  const basis = await subspaceBasis(context, `basis/${name}`, `s/${name}`, length, undefined);
  const result = new TensorBytes(tensor, storage, 'the ablated weights are');
  await withArithmetic(context, async (arithmetic) => {
    const how = { mode: 'opposite', castUpdate: undefined } as const;
    const target = { weights, storage };
    const made = await projectOntoBasis(arithmetic, weights, target, basis, side, ranks[name]!, how);
    for (const { start, count } of windowsOf(weights)) result.set(start, count, await made.window(start, count));
    made.release();
  });
  return { bytes: result.bytes, dtype: storage, shape: tensor.shape };
};
