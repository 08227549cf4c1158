import type { PromptTemplate, Synthetic, Transforms } from '../formats/dataset-choices.js';

/** Parameters of the steps that make data, beside params.ts. Rows are JSON lines; every output `rows` has one object a line. */

/** `fetch-dataset[dataset]`: → `file/*`, the data files of a hub dataset, where the Hugging Face cache has them. */
export type FetchDatasetParams = {
  readonly repo: string;
  readonly commit: string;
  /** Files by name, or the parquet files in the folder `<config>/<split>` of the hub's conversion branch. */
  readonly rows: { readonly files: readonly string[] } | { readonly config: string; readonly split: string };
};

/** `rows[dataset]`: input `files` (`*` of a folder or of a fetch) → `rows`. */
export type RowsParams = {
  /** File names in reading order; without it all data files, by name. */
  readonly files?: readonly string[];
  readonly transforms: Transforms;
};

/** `synthetic[dataset]`: → `rows`. */
export type SyntheticParams = { readonly what: Synthetic; readonly transforms: Transforms };

/** `mix[dataset]`: inputs `part/0` … (`rows` outputs) → `rows`. */
export type MixParams = {
  /** Either every part has a share of `total`, or every part a count. */
  readonly parts: readonly { readonly name: string; readonly share?: number; readonly count?: number | 'all' }[];
  readonly total?: number;
  readonly transforms: Transforms;
};

/** `word-tokenizer[model]`: inputs `rows/0` … → `file/tokenizer.json`, `file/tokenizer_config.json`. */
export type WordTokenizerParams = {
  readonly vocabulary: number;
  readonly datasets: number;
  /** Its words belong to the vocabulary too. */
  readonly template: PromptTemplate;
};

/**
 * `tokenise[dataset,model]`: inputs `rows`, `config` (`file/config.json`) and the model's tokenizer files by their names → `input-ids`, `labels` I32 [tokens], `offsets` I32 [rows + 1], `summary` JSON.
 * Hints: TokeniseHints.
 */
export type TokeniseParams = {
  readonly dataset: string;
  readonly template: PromptTemplate;
  readonly maxLength: number;
  readonly overlong: 'truncate' | 'drop' | 'error';
  readonly lossOn: 'response' | 'all';
  readonly eos: boolean;
  /** What becomes of rows whose response merges into the prompt's last token. */
  readonly merged: 'separate' | 'joined';
};

/** Names of all files of the model, for the error when there is no tokenizer.json: no part of the key. */
export type TokeniseHints = { readonly files: readonly string[] };

/** Content of `summary`. */
export type TokeniseSummary = {
  readonly rows: number;
  readonly tokens: number;
  readonly targets: number;
  readonly truncated: number;
  readonly dropped: number;
  readonly withoutTarget: number;
  readonly merged: number;
};

/** A dataset that a tokenise step made tokens of. */
export type TokenisedDataset = {
  /** null: it trains the model. */
  readonly metric: string | null;
  readonly model: string;
  readonly dataset: string;
};

/** `data-table`: inputs `<index of the row>` (`summary` of its tokenise step) → `data.csv`. */
export type DataTableParams = { readonly rows: readonly TokenisedDataset[] };
