import type { StepDeclaration } from './step.js';

/** A tokenizer with one token a word, of all words of some datasets. */
export const wordTokenizer: StepDeclaration = {
  kind: 'word-tokenizer',
  revision: 1,
  usesDevice: false,
  load: async () => (await import('./implementations/word-tokenizer.js')).runWordTokenizer,
};
