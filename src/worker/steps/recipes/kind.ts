import type { StreamChange } from '../../../nn/stream-change.js';
import type { StepContext } from '../../step-context.js';
import type { StoredWeights } from '../model-input.js';

/** A tensor in the bytes that a checkpoint stores. */
export interface MadeTensor extends StoredWeights {
  readonly shape: readonly number[];
}

/**
 * Makes one tensor of a recipe from the step's inputs, in the storage type of the origin's tensor (F32 for F64, the semantics'
 * own where it has one). It is called only for tensors that the recipe `makes`.
 * @throws DataError; the caller names the tensor
 */
export type MakeTensor<Recipe> = (context: StepContext, recipe: Recipe, name: string) => Promise<MadeTensor>;

/** What a recipe does to the residual stream, of vectors of length `hidden`, while its model runs. @throws DataError */
export type ChangeStream<Recipe> = (context: StepContext, recipe: Recipe, hidden: number) => Promise<StreamChange>;
