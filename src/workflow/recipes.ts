import type { PromptTemplate } from '../formats/dataset-choices.js';
import type { Precision } from '../formats/precision.js';
import { roundsUpdates } from '../formats/precision.js';
import type { Definition, Named } from './definition.js';
import type { Scope } from './scope.js';

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
  /** Rounding of weights that are updated in bf16. */
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

export interface RawRecipe {
  readonly lr: number;
  readonly schedule?: Recipe['schedule'];
  readonly warmup?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly accumulate?: number;
  readonly 'loss-normalisation'?: Recipe['lossNormalisation'];
  readonly clip?: number | 'none';
  readonly 'weight-decay'?: number;
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  readonly precision?: Recipe['precision'];
  readonly rounding?: Recipe['rounding'];
  readonly order?: Recipe['order'];
  readonly template?: PromptTemplate;
  readonly eos?: boolean;
  readonly 'loss-on'?: Recipe['tokens']['lossOn'];
  readonly 'max-length'?: number;
  readonly overlong?: Recipe['tokens']['overlong'];
  readonly 'checkpoint-every'?: number;
  readonly 'activation-checkpointing'?: boolean;
}

export function resolveRecipes(scope: Scope, raw: Named<RawRecipe> | undefined): Map<string, Recipe> {
  return scope.section('recipes', raw, (definition, recipe, path): Recipe => {
    const { clip = 1, precision = 'f32', rounding = 'nearest' } = recipe;
    if (recipe.epochs !== undefined && recipe.steps !== undefined) {
      const message = `${path.join('.')} gives both epochs and steps`;
      scope.refuse([...path, 'steps'], 'ambiguous-length', message, 'Keep one of them.');
    }
    if (rounding === 'stochastic' && !roundsUpdates(precision)) {
      const message = `with precision ${precision} weights are not rounded when they are updated`;
      scope.refuse([...path, 'rounding'], 'no-rounding', message, 'Remove rounding, or set precision: bf16.');
    }
    return {
      ...definition,
      lr: recipe.lr,
      schedule: recipe.schedule ?? 'cosine',
      warmup: recipe.warmup ?? 0,
      length: recipe.steps === undefined ? { epochs: recipe.epochs ?? 1 } : { steps: recipe.steps },
      batch: recipe.batch ?? 1,
      accumulate: recipe.accumulate ?? 1,
      lossNormalisation: recipe['loss-normalisation'] ?? 'effective-batch',
      clip: clip === 'none' ? null : clip,
      weightDecay: recipe['weight-decay'] ?? 0,
      betas: recipe.betas ?? [0.9, 0.999],
      epsilon: recipe.epsilon ?? 1e-8,
      precision,
      rounding,
      order: recipe.order ?? 'shuffled',
      tokens: {
        template: recipe.template ?? 'alpaca',
        eos: recipe.eos ?? true,
        lossOn: recipe['loss-on'] ?? 'response',
        maxLength: recipe['max-length'] ?? 512,
        overlong: recipe.overlong ?? 'truncate',
      },
      checkpointEvery: recipe['checkpoint-every'] ?? 100,
      activationCheckpointing: recipe['activation-checkpointing'] ?? false,
    };
  });
}
