import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { Definition } from '../definition.js';
import type { Semantics } from '../semantics.js';
import type { SubspaceKind } from './kind.js';

/**
 * Directions in which the outputs of a model's linear layers are largest on some text (ActSVD: Wei et al. 2024, "Assessing the
 * Brittleness of Safety Alignment via Pruning and Low-Rank Modifications").
 */
export interface Outputs extends Definition {
  readonly kind: 'outputs';
  readonly model: string;
  /** A dataset of prompts and responses. */
  readonly prompts: string;
  readonly template: PromptTemplate;
  /** The tokens at which outputs are taken. */
  readonly tokens: 'response' | 'prompt' | 'all';
  /** Rows of the dataset: the first so many. */
  readonly limit: number;
  /** Maximum length of a row, in tokens. */
  readonly maxLength: number;
  readonly directions: number | 'all';
  readonly semantics: Semantics;
}

export interface RawOutputs {
  readonly kind: 'outputs';
  readonly model: string;
  readonly prompts: string;
  readonly template?: PromptTemplate;
  readonly tokens?: Outputs['tokens'];
  readonly limit?: number;
  readonly 'max-length'?: number;
  readonly directions?: number | 'all';
}

export const outputs: SubspaceKind<Outputs, RawOutputs> = {
  side: 'left',
  resolve: (scope, definition, raw, path, { semantics }) => ({
    ...definition,
    kind: 'outputs',
    model: scope.reference('models', raw.model, [...path, 'model']),
    prompts: scope.reference('datasets', raw.prompts, [...path, 'prompts']),
    template: raw.template ?? 'chat',
    tokens: raw.tokens ?? 'response',
    limit: raw.limit ?? 128,
    maxLength: raw['max-length'] ?? 512,
    directions: raw.directions ?? 10,
    semantics,
  }),
  uses: ({ model, prompts }) => ({ models: [model], datasets: [prompts] }),
};
