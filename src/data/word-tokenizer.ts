import { DataError } from '../diagnostics/errors.js';
import type { Row } from './row.js';

/** Padding, end of sequence, and what a word outside the vocabulary becomes. */
const special = ['<pad>', '<eos>', '<unk>'] as const;

/**
 * A tokenizer in Hugging Face form with one token a white-space separated word: all words of the given texts, in code point
 * order after the three special tokens. It is a WordPiece model whose vocabulary holds whole words only, which every
 * tokenizer library reads.
 * @throws DataError when the vocabulary would not fit into the model's.
 */
export function wordTokenizer(
  texts: Iterable<string>,
  vocabulary: number,
): { readonly tokenizer: Uint8Array; readonly config: Uint8Array } {
  const words = new Set<string>();
  for (const text of texts) for (const word of text.split(/\s+/)) if (word !== '') words.add(word);
  for (const token of special) words.delete(token);
  const tokens = [...special, ...[...words].sort((a, b) => (a < b ? -1 : 1))];
  if (tokens.length > vocabulary) {
    throw new DataError(
      `The texts hold ${words.size} words, more than the model's vocabulary of ${vocabulary} has room for`,
      {
        hint: `Set the model's \`vocabulary\` to at least ${tokens.length}.`,
      },
    );
  }
  const definition = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: '<unk>',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: '<pad>',
    eos_token: '<eos>',
    unk_token: '<unk>',
    clean_up_tokenization_spaces: false,
  };
  const encode = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
  return { tokenizer: encode(definition), config: encode(config) };
}

/** Every text of the given columns. */
export function* textsOf(rows: Iterable<Row>, columns: readonly string[]): Generator<string> {
  for (const row of rows) {
    for (const column of columns) {
      const value = row[column];
      if (typeof value === 'string') yield value;
    }
  }
}
