import { DataError } from '../../../diagnostics/errors.js';
import type { MadeModel } from '../../../steps/recipes/registry.js';
import type { StepContext } from '../../step-context.js';
import { ablatedTensor } from './ablated.js';
import { combinedTensor } from './combined.js';
import type { MadeTensor, MakeTensor } from './kind.js';
import { projectedTensor } from './projected.js';
import { realignedTensor } from './realigned.js';

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
