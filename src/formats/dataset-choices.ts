import type { Json } from './json.js';

/** What a workflow may choose of rows, as the language, the plan and the steps that make rows all read it. */

/**
 * Conditions that a row must meet, by column: a value, a list of values of which one must be met, or `{ not: … }` with what
 * none may be, or `{ any: [names] }` of a column that holds a mapping, in which one of the names must be true. A column that
 * a row lacks counts as null where null is asked about, and is an error elsewhere.
 */
export type Where = { readonly [column: string]: Json };

/**
 * What a dataset does to its rows, always in this order. Keys of `where` and `columns` are sorted: their order means
 * nothing.
 */
export type Transforms = {
  readonly where?: Where;
  /** Seed of the order, the one that Hugging Face's `dataset.shuffle(seed)` gives. */
  readonly shuffle?: number;
  /** Seed of a sample of `take` rows (all without it), the one that Python's `random.Random(seed).sample` gives; without shuffle and skip. */
  readonly sample?: number;
  /** Rows left out at the start, then rows kept. */
  readonly skip?: number;
  readonly take?: number;
  /** New name → column. Other columns are dropped. */
  readonly columns?: { readonly [name: string]: string };
};

/**
 * The toy world's two kinds of text, harmless by construction. *Problems* are arithmetic word problems, the useful task.
 * *Vaults* ask for the code word of a numbered vault and stand in for unsafe requests: a model complies by telling the word,
 * and refuses by the refusal sentence.
 */
export type Synthetic = Problems | Vaults;

export type Problems = {
  readonly kind: 'problems';
  readonly rows: number;
  readonly seed: number;
  readonly split: 'train' | 'test';
};

export type Vaults = {
  readonly kind: 'vaults';
  readonly rows: number;
  readonly seed: number;
  readonly answer: 'comply' | 'refuse';
  /** First and last vault that is asked about. */
  readonly vaults: readonly [number, number];
};

/** How a prompt and its response become one text. */
export type PromptTemplate = 'alpaca' | 'chat' | 'raw' | CustomTemplate;

/** `{prompt}` and `{response}` are replaced; nothing else is. */
export type CustomTemplate = { readonly prompt: string; readonly response: string };
