import type { DType } from '../formats/tensor.js';

/** What expansion must know of the world; collected by the runner, so that the planner itself stays pure. */
export interface Facts {
  /** Facts of every `path` model, and of every `hub` model whose fetch is in the store. */
  readonly models: ReadonlyMap<string, ModelFacts>;
  /** Commit of every `hub` model (`base`) and dataset (`datasets.useful`) that is pinned. */
  readonly commits: ReadonlyMap<string, string>;
  /** The device class steps will run on, when it is known; only the report shows it. */
  readonly deviceClass?: string;
}

export interface ModelFacts {
  readonly tensors: ReadonlyMap<string, TensorFacts>;
  /** `tie_word_embeddings` of its config.json: lm_head, if stored at all, is a copy of the embedding. */
  readonly tied: boolean;
  /** Files of weights in its folder that are not read. */
  readonly unread?: readonly string[];
  /** Names of its companion files: config.json, and the tokenizer's where it has one. */
  readonly files: ReadonlySet<string>;
}

export interface TensorFacts {
  readonly dtype: DType;
  readonly shape: readonly number[];
}
