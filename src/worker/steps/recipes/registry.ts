import { DataError } from '../../../diagnostics/errors.js';
import type { StreamChange } from '../../../nn/stream-change.js';
import type { MadeModel, ModelRecipe } from '../../../steps/recipes/registry.js';
import type { StepContext } from '../../step-context.js';
import { ablatedTensor } from './ablated.js';
import { combinedTensor } from './combined.js';
import type { ChangeStream, MadeTensor, MakeTensor } from './kind.js';
import { projectedTensor } from './projected.js';
import { realignedTensor } from './realigned.js';
import { shiftedStream } from './shifted.js';

const makers: { readonly [K in MadeModel['kind']]: MakeTensor<Extract<MadeModel, { readonly kind: K }>> } = {
  projected: projectedTensor,
  combined: combinedTensor,
  ablated: ablatedTensor,
  realigned: realignedTensor,
};

/**
 * One tensor of a model as its recipe makes it.
 * @throws DataError that names the tensor
 */
export async function makeTensor(context: StepContext, recipe: MadeModel, name: string): Promise<MadeTensor> {
  try {
    return await (makers[recipe.kind] as MakeTensor<MadeModel>)(context, recipe, name);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(`tensor ${name}: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

const streamChanges: {
  readonly [K in ModelRecipe['kind']]: ChangeStream<Extract<ModelRecipe, { readonly kind: K }>> | null;
} = { whole: null, projected: null, combined: null, ablated: null, realigned: null, shifted: shiftedStream };

/** What a recipe does to the residual stream while its model runs; undefined: nothing. @throws DataError */
export async function streamChange(
  context: StepContext,
  recipe: ModelRecipe,
  hidden: number,
): Promise<StreamChange | undefined> {
  const change = streamChanges[recipe.kind] as ChangeStream<ModelRecipe> | null;
  return change === null ? undefined : await change(context, recipe, hidden);
}
