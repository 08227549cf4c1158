import type { NamePrefixes } from '../formats/tensor-names.js';
import { defineStep } from './step.js';

export type FetchParams = {
  readonly repo: string;
  readonly commit: string;
  /** What beginnings of tensor names become. Absent: names are as they are stored. */
  readonly names?: NamePrefixes;
};

/** `fetch[model]`: a model of the Hugging Face hub at a commit. Its files come into the hub's cache and stay there. */
export const fetch = defineStep<FetchParams>({
  kind: 'fetch',
  revision: 2,
  usesDevice: false,
  inputs: {},
  outputs: {
    'tensor/<name>': 'a weight, in its storage type',
    'file/<name>': 'config.json, and the tokenizer where it has one',
  },
});
