/** A type that training keeps numbers in. */
export type TrainedType = 'F32' | 'BF16';

/**
 * How training keeps weights and moments. `f32`: all in f32. `bf16-weights`: bf16 weights for the forward and backward pass,
 * updated in an f32 master copy. `bf16`: weights and moments in bf16, as published; at small learning rates a weight whose
 * update is under half a unit in its last place stays where it is, unless rounding is stochastic.
 */
export type Precision = 'f32' | 'bf16-weights' | 'bf16';

interface Kept {
  /** Type of the weights that the passes read, and of the model that comes out. */
  readonly weights: TrainedType;
  /** Type of the weights that the optimizer updates: where it is finer, they are a copy of their own. */
  readonly updated: TrainedType;
  readonly moments: TrainedType;
}

export const precisions: { readonly [K in Precision]: Kept } = {
  f32: { weights: 'F32', updated: 'F32', moments: 'F32' },
  'bf16-weights': { weights: 'BF16', updated: 'F32', moments: 'F32' },
  bf16: { weights: 'BF16', updated: 'BF16', moments: 'BF16' },
};

/** Whether the optimizer rounds what it updates; elsewhere a choice of rounding changes nothing. */
export function roundsUpdates(precision: Precision): boolean {
  return precisions[precision].updated === 'BF16';
}
