import type { Json } from '../formats/json.js';
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

/** What is done to the rows, always in this order. Keys of `where` and `columns` are sorted: their order means nothing. */
export type Transforms = {
  /** Conditions by column: a value, a list of values of which one must be met, `{ not: … }`, or `{ any: [names] }`. */
  readonly where?: { readonly [column: string]: Json };
  /** Seed of the order. */
  readonly shuffle?: number;
  /** Seed of a random sample of `take` rows; all unless told. */
  readonly sample?: number;
  readonly skip?: number;
  readonly take?: number;
  /** New name → column. */
  readonly columns?: { readonly [name: string]: string };
};

export interface MixPart {
  readonly dataset: string;
  readonly share?: number;
  readonly count?: number | 'all';
}

/** Texts of the toy world, from a seeded generator. */
export type Synthetic =
  | { readonly kind: 'problems'; readonly rows: number; readonly seed: number; readonly split: 'train' | 'test' }
  | {
      readonly kind: 'vaults';
      readonly rows: number;
      readonly seed: number;
      readonly answer: 'comply' | 'refuse';
      /** First and last vault that is asked about. */
      readonly vaults: readonly [number, number];
    };
