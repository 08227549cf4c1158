import { DataError } from '../diagnostics/errors.js';
import { embeddingTensor, outputTensor } from './architecture.js';
import type { Artifacts } from './artifact.js';
import type { DType } from './tensor.js';

/**
 * The tensor that `name` is a stored copy of, or undefined. With tied embeddings `lm_head.weight` repeats
 * `model.embed_tokens.weight`; whole-model sums must count the two once.
 */
export function copyOf(name: string, tied: boolean, model: Artifacts): string | undefined {
  const embedding = model[`tensor/${embeddingTensor}`];
  if (!tied || name !== outputTensor || embedding === undefined) return undefined;
  return model[`tensor/${outputTensor}`]?.digest === embedding.digest ? embeddingTensor : undefined;
}

/** Tensor names of a model's artifacts, in their order. */
export function tensorNames(model: Artifacts): readonly string[] {
  return Object.keys(model)
    .filter((output) => output.startsWith('tensor/'))
    .map((output) => output.slice('tensor/'.length));
}

/** dtype and shape of a model's artifact. Throws a DataError when it is no tensor. */
export function tensorOf(model: Artifacts, name: string): { readonly dtype: DType; readonly shape: readonly number[] } {
  const tensor = model[`tensor/${name}`]?.tensor;
  if (tensor === undefined) throw new DataError(`the model has no tensor ${name}`);
  return tensor;
}
