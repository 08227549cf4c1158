import type { PromptTemplate } from '../formats/dataset-choices.js';
import type { Precision } from '../formats/precision.js';
import type { Definition } from './definition.js';

/** How a model is trained: full fine-tuning with AdamW. */
export interface Recipe extends Definition {
  /** Highest learning rate. */
  readonly lr: number;
  readonly schedule: 'cosine' | 'linear' | 'constant';
  /** Part of the optimizer steps in which the learning rate rises from 0; rounded up to whole steps. */
  readonly warmup: number;
  /** Passes over the data, or optimizer steps. */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  /** Rows computed together; an optimizer step sees batch × accumulate rows. */
  readonly batch: number;
  readonly accumulate: number;
  /** Mean over the targets of all accumulated batches, or mean of the batches' means. */
  readonly lossNormalisation: 'effective-batch' | 'micro-batch';
  /** Largest global norm of the gradients; null: not clipped. */
  readonly clip: number | null;
  readonly weightDecay: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly precision: Precision;
  /** Of weights updated in bf16. */
  readonly rounding: 'nearest' | 'stochastic';
  readonly order: 'shuffled' | 'as-is';
  readonly tokens: TokenOptions;
  /** Optimizer steps between resumable states. Changes no result, and so no key. */
  readonly checkpointEvery: number;
  /** Changes no result, and so no key. */
  readonly activationCheckpointing: boolean;
}

/** How rows become token ids and labels. */
export interface TokenOptions {
  readonly template: PromptTemplate;
  readonly eos: boolean;
  readonly lossOn: 'response' | 'all';
  readonly maxLength: number;
  readonly overlong: 'truncate' | 'drop' | 'error';
}
