import type { Synthetic, Transforms } from '../formats/dataset-choices.js';
import type { Definition } from './definition.js';

/** Rows by name of column. */
export type Dataset = Definition & {
  readonly transforms: Transforms;
} & (
    | {
        readonly kind: 'path';
        /** Absolute: a data file, or a folder of data files. */
        readonly path: string;
        /** File names in reading order; without it all data files, by name. */
        readonly files?: readonly string[];
      }
    | {
        readonly kind: 'hub';
        readonly repo: string;
        readonly revision: string;
        /** File names of the repository, or a split of its parquet form (`<config>/<split>/*.parquet`). */
        readonly rows: { readonly files: readonly string[] } | { readonly config: string; readonly split: string };
      }
    | {
        readonly kind: 'mix';
        /** By name of dataset, so that the order in which the workflow lists them changes nothing. */
        readonly parts: readonly MixPart[];
        /** What the shares are of; with it every part has a share, without it a count. */
        readonly total?: number;
      }
    | { readonly kind: 'synthetic'; readonly what: Synthetic }
  );

export interface MixPart {
  readonly dataset: string;
  readonly share?: number;
  readonly count?: number | 'all';
}

/** The datasets that one is made from. */
export function partsOf(dataset: Dataset): string[] {
  return dataset.kind === 'mix' ? dataset.parts.map((part) => part.dataset) : [];
}
