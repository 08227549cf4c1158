import type { PromptTemplate } from '../formats/dataset-choices.js';
import { roundsUpdates } from '../formats/precision.js';
import type { Named } from './definition.js';
import type { Recipe } from './recipes.js';
import type { Scope } from './scope.js';

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
