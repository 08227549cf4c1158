import type { PromptTemplate } from '../formats/dataset-choices.js';
import { defineStep } from './step.js';

export type WordTokenizerParams = {
  readonly vocabulary: number;
  readonly datasets: number;
  /** Its words belong to the vocabulary too. */
  readonly template: PromptTemplate;
};

/** `word-tokenizer[model]`: a tokenizer with one token a word, of all words of some datasets. */
export const wordTokenizer = defineStep<WordTokenizerParams>({
  kind: 'word-tokenizer',
  revision: 1,
  usesDevice: false,
  inputs: {
    'rows/<index>': '`rows` of a dataset',
  },
  outputs: {
    'file/tokenizer.json': 'of the model',
    'file/tokenizer_config.json': 'of the model',
  },
});
