import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { BehaviourKind } from './kind.js';
import { type OnDataset, type RawOnDataset, resolveOnDataset } from './on-dataset.js';

/** Divergence of a model's first token of an answer from a reference model's, in nats. */
export interface KlMetric extends OnDataset {
  readonly kind: 'kl';
  /** A model. */
  readonly reference: string;
  /** The column of the prompt. */
  readonly prompt: string;
  readonly template: PromptTemplate;
  /** Rows of the dataset, from the first on; null: all. */
  readonly limit: number | null;
}

export interface RawKl extends RawOnDataset {
  readonly kind: 'kl';
  readonly reference: string;
  readonly prompt?: string;
  readonly template?: PromptTemplate;
  readonly limit?: number;
}

export const kl: BehaviourKind<KlMetric, RawKl> = {
  behaviour: true,
  parts: [],
  resolve: (scope, definition, raw, path) => ({
    ...definition,
    kind: 'kl',
    ...resolveOnDataset(scope, raw, path),
    reference: scope.reference('models', raw.reference, [...path, 'reference']),
    prompt: raw.prompt ?? 'prompt',
    template: raw.template ?? 'alpaca',
    limit: raw.limit ?? null,
  }),
  uses: ({ on, reference }) => ({ datasets: [on], models: [reference] }),
};
