import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';

/** A metric of behaviour: what models do on a dataset. */
export interface OnDataset extends Definition {
  /** The dataset. */
  readonly on: string;
  /** Measured beside the models of the sweeps that name the metric. */
  readonly models: readonly string[];
}

export interface RawOnDataset {
  readonly on: string;
  readonly models?: string | readonly string[];
}

/** How responses are generated. */
export interface Generating {
  readonly template: PromptTemplate;
  /** Maximum length of a response, in tokens. */
  readonly maxTokens: number;
  /** Texts that end a response. */
  readonly stop: readonly string[];
  /** Rows of the dataset, from the first on; null: all. */
  readonly limit: number | null;
}

export interface RawGenerating {
  readonly 'max-tokens'?: number;
  readonly stop?: readonly string[];
  readonly limit?: number;
}

export function resolveOnDataset(scope: Scope, { on, models }: RawOnDataset, path: Path) {
  return {
    on: scope.reference('datasets', on, [...path, 'on']),
    models: models === undefined ? [] : scope.references('models', models, [...path, 'models']),
  };
}
