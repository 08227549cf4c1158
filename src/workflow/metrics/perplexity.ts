import type { TokenOptions } from '../recipes.js';
import type { BehaviourKind } from './kind.js';
import { type RawTokenOptions, resolveTokenOptions } from './loss.js';
import { type OnDataset, type RawOnDataset, resolveOnDataset } from './on-dataset.js';

/** e to the mean loss a token. */
export interface PerplexityMetric extends OnDataset {
  readonly kind: 'perplexity';
  readonly tokens: TokenOptions;
}

export interface RawPerplexity extends RawOnDataset, RawTokenOptions {
  readonly kind: 'perplexity';
}

export const perplexity: BehaviourKind<PerplexityMetric, RawPerplexity> = {
  behaviour: true,
  parts: ['data'],
  resolve: (scope, definition, raw, path) => ({
    ...definition,
    kind: 'perplexity',
    ...resolveOnDataset(scope, raw, path),
    tokens: resolveTokenOptions(raw),
  }),
  uses: ({ on }) => ({ datasets: [on] }),
};
