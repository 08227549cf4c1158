import type { Digest } from './digest.js';
import type { DType } from './tensor.js';

/**
 * One output of a step or one part of a source. Bytes live in the store under their digest, or, for files that runflow
 * does not own (a checkpoint folder, the Hugging Face cache), at `at`: a byte range of a file. `at` is never part of a key.
 */
export interface Artifact {
  readonly digest: Digest;
  readonly bytes: number;
  /** Present when the bytes are one row-major tensor. Part of the key. */
  readonly tensor?: { readonly dtype: DType; readonly shape: readonly number[] };
  readonly at?: { readonly file: string; readonly offset: number };
}

/** Outputs by name. A model's are `tensor/<tensor name>` and `file/<file name>` (config.json, tokenizer.json, …). */
export type Artifacts = Readonly<Record<string, Artifact>>;
