import type { AdapterConfig } from '../formats/adapter/config.js';
import type { DType } from '../formats/tensor.js';

/** What expansion must know of the world; collected by the runner, so that the planner itself stays pure. */
export interface Facts {
  /** Facts of every folder of a model or adapter, and of every one of the hub whose fetch is in the store. */
  readonly models: ReadonlyMap<string, ModelFacts>;
  /** Commit of every `hub` model (`base`) and dataset (`datasets.useful`) that is pinned. */
  readonly commits: ReadonlyMap<string, string>;
  /** What is known of the programs of the user's, by the definition that has each (`metrics.tone`). Absent: nothing. */
  readonly programs?: ReadonlyMap<string, ProgramFacts>;
  /** The device class steps will run on, when it is known; only the report shows it. */
  readonly deviceClass?: string;
}

export interface ProgramFacts {
  /** Its files, by their names in the workflow's folder. */
  readonly files: readonly string[];
  /** What its version command printed; null: it may not be run. Absent: there is none. */
  readonly version?: string | null;
}

export interface ModelFacts {
  readonly tensors: ReadonlyMap<string, TensorFacts>;
  /** `tie_word_embeddings` of its config.json: lm_head, if stored at all, is a copy of the embedding. */
  readonly tied: boolean;
  /** Configuration of an adapter: its tensors are then those of its file, and belong to a base. */
  readonly adapter?: AdapterConfig;
  /** Files in its folder that are not read. */
  readonly unread?: readonly string[];
  /** Tokens by id. Absent: it has no tokenizer.json, or nothing needs to know. */
  readonly tokens?: TokenTexts;
  /** Names in its files of tensors that `names` leaves out. */
  readonly leftOut?: readonly string[];
  /** Names of its companion files: config.json, and the tokenizer's where it has one. */
  readonly files: ReadonlySet<string>;
}

export type TokenTexts = ReadonlyMap<number, string>;

export interface TensorFacts {
  readonly dtype: DType;
  readonly shape: readonly number[];
}
