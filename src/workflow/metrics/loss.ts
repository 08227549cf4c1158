import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { TokenOptions } from '../recipes.js';
import type { BehaviourKind } from './kind.js';
import { type OnDataset, type RawOnDataset, resolveOnDataset } from './on-dataset.js';

/** Mean loss a token. */
export interface LossMetric extends OnDataset {
  readonly kind: 'loss';
  readonly tokens: TokenOptions;
}

export interface RawLoss extends RawOnDataset, RawTokenOptions {
  readonly kind: 'loss';
}

/** What a loss is taken of. */
export interface RawTokenOptions {
  readonly template?: PromptTemplate;
  readonly eos?: boolean;
  readonly 'loss-on'?: TokenOptions['lossOn'];
  readonly 'max-length'?: number;
  readonly overlong?: TokenOptions['overlong'];
}

export const loss: BehaviourKind<LossMetric, RawLoss> = {
  behaviour: true,
  parts: ['data'],
  resolve: (scope, definition, raw, path) => ({
    ...definition,
    kind: 'loss',
    ...resolveOnDataset(scope, raw, path),
    tokens: resolveTokenOptions(raw),
  }),
  uses: ({ on }) => ({ datasets: [on] }),
};

/** The defaults of what a loss is taken of. */
export function resolveTokenOptions(raw: RawTokenOptions): TokenOptions {
  return {
    template: raw.template ?? 'alpaca',
    eos: raw.eos ?? true,
    lossOn: raw['loss-on'] ?? 'response',
    maxLength: raw['max-length'] ?? 512,
    overlong: raw.overlong ?? 'truncate',
  };
}
