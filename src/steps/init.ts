import type { Architecture, StorageType } from '../workflow/workflow.js';
import { defineStep } from './step.js';

export type InitParams = {
  readonly architecture: JsonOf<Architecture>;
  readonly initializerRange: number;
  readonly seed: number;
  readonly dtype: StorageType;
};

/** An interface's fields as a JSON object type. */
type JsonOf<T> = { readonly [K in keyof T]: T[K] };

/** `init[model]`: a model from scratch: seeded weights of an architecture, in Hugging Face's names and shapes. */
export const init = defineStep<InitParams>({
  kind: 'init',
  revision: 1,
  usesDevice: false,
  inputs: {
    'tokenizer?': 'whole node: the files of a tokenizer',
  },
  outputs: {
    'tensor/<name>': 'a weight, in its storage type',
    'file/<name>': 'config.json, and the tokenizer where it has one',
  },
});
