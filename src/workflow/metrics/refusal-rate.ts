import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { RefusalPhrases } from '../../formats/response-choices.js';
import type { BehaviourKind } from './kind.js';
import {
  type Generating,
  type OnDataset,
  type RawGenerating,
  type RawOnDataset,
  resolveOnDataset,
} from './on-dataset.js';

/** Part of the responses that refuse. Decoding is greedy. */
export interface RefusalRateMetric extends OnDataset, Generating {
  readonly kind: 'refusal-rate';
  /** The column of the prompt. */
  readonly prompt: string;
  readonly phrases: RefusalPhrases;
}

export interface RawRefusalRate extends RawOnDataset, RawGenerating {
  readonly kind: 'refusal-rate';
  readonly prompt?: string;
  readonly phrases?: RefusalPhrases;
  readonly template?: PromptTemplate;
}

export const refusalRate: BehaviourKind<RefusalRateMetric, RawRefusalRate> = {
  behaviour: true,
  parts: [],
  resolve: (scope, definition, raw, path) => ({
    ...definition,
    kind: 'refusal-rate',
    ...resolveOnDataset(scope, raw, path),
    prompt: raw.prompt ?? 'prompt',
    phrases: raw.phrases ?? 'qi',
    template: raw.template ?? 'alpaca',
    maxTokens: raw['max-tokens'] ?? 512,
    stop: raw.stop ?? [],
    limit: raw.limit ?? null,
  }),
  uses: ({ on }) => ({ datasets: [on] }),
};
