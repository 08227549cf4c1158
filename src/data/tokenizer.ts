import type { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { DataError } from '../diagnostics/errors.js';
import { type ChatFormat, chatFormat } from './chat-format.js';
import { buildTokenizer } from './tokenizer-build.js';
import {
  chatTemplateOf,
  type JsonFile,
  namedTokens,
  parseFile,
  readConfig,
  type TokenizerFiles,
} from './tokenizer-config.js';
import {
  beginningOf,
  hasDummyPrefix,
  readDefinition,
  type TokenizerDefinition,
  withoutDummyPrefix,
} from './tokenizer-definition.js';

/** A token that tokenizer_config.json names and tokenizer.json has. */
interface NamedToken {
  readonly text: string;
  readonly id: number;
}

/** The tokenizer of a Hugging Face folder. */
export interface Tokenizer {
  /**
   * Token ids of a text; `special` adds what the tokenizer puts before every text (Llama's beginning of sequence). What some put
   * behind, an end of sequence, is never added: see `eos`.
   */
  encode(text: string, special: boolean): number[];
  /** Token ids of a text that follows another: nothing is put before it, not even the space that some tokenizers put there. */
  encodeContinuation(text: string): number[];
  /** Text of token ids, without special tokens. */
  decode(ids: readonly number[]): string;
  /** Special tokens as they are written. */
  decodeAll(ids: readonly number[]): string;
  isSpecial(id: number): boolean;
  /** Its regular expressions, for the error when one of them does not come to an end: `the pattern /…/ of tokenizer.json`. */
  readonly patterns: string;
  readonly bos: NamedToken | undefined;
  readonly eos: NamedToken | undefined;
  /** @throws DataError when the folder has a chat template that cannot be used, or several and no way to choose. */
  readonly chat: ChatFormat | undefined;
}

/** What a folder without tokenizer.json has instead, for the hint. */
export interface TokenizerPlace {
  /** Absolute path; absent for a model that runflow made. */
  readonly folder?: string | undefined;
  /** Names of the files that are there. */
  readonly has: readonly string[];
}

/**
 * Reads the tokenizer of a model folder from the files that decide it.
 * @throws DataError naming the file that is missing, or what in it cannot be used.
 */
export function loadTokenizer(files: TokenizerFiles, place?: TokenizerPlace): Tokenizer {
  if (files['tokenizer.json'] === undefined) throw missingTokenizer(place);
  const config = readConfig(files);
  const definition = readDefinition(parseFile(files, 'tokenizer.json'), config, parseFile(files, 'added_tokens.json'));
  const tokenizer = buildTokenizer(definition, config);
  const special = new Set(definition.added_tokens.filter((token) => token.special === true).map(({ id }) => id));
  const named = namedTokens(config);
  const beginning = beginningOf(definition.post_processor);
  const tokenOf = (text: string | undefined): NamedToken | undefined => {
    const id = text === undefined ? undefined : tokenizer.token_to_id(text);
    return id === undefined ? undefined : { text: text!, id };
  };
  const bos = tokenOf(named.bos_token);
  checkBeginning(config, beginning, bos?.id);
  checkPrefix(config, hasDummyPrefix(definition));
  const singles = singleWords(definition);
  const encode = (by: HuggingFaceTokenizer, text: string): number[] => {
    checkSingles(singles, text);
    const { ids } = by.encode(text, { add_special_tokens: false });
    if (ids.every(Number.isInteger)) return ids;
    throw new DataError(`The tokenizer has no token for a character of ${excerpt(text)}, and none for unknown ones`, {
      hint: 'Leave such rows out with `where`, or use a tokenizer with an unk_token or byte_fallback.',
    });
  };
  let bare: HuggingFaceTokenizer | undefined = hasDummyPrefix(definition) ? undefined : tokenizer;
  let chat: ChatFormat | undefined;
  return {
    encode: (text, withSpecial) => (withSpecial ? [...beginning, ...encode(tokenizer, text)] : encode(tokenizer, text)),
    encodeContinuation(text) {
      bare ??= buildTokenizer(withoutDummyPrefix(definition), config);
      return encode(bare, text);
    },
    decode: (ids) => (ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: true })),
    decodeAll: (ids) => (ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: false })),
    isSpecial: (id) => special.has(id),
    patterns: patternsIn(definition),
    bos,
    eos: tokenOf(named.eos_token),
    get chat() {
      const template = chat === undefined ? chatTemplateOf(files, config) : undefined;
      if (template !== undefined) chat = chatFormat(template, named);
      return chat;
    },
  };
}

function patternsIn({ normalizer, pre_tokenizer }: TokenizerDefinition): string {
  const found: string[] = [];
  JSON.stringify([normalizer, pre_tokenizer], (key, value) => {
    if (key === 'Regex') found.push(`/${excerpt(String(value)).slice(1, -1)}/`);
    return value;
  });
  return `${found.length > 1 ? 'one of the patterns' : 'the pattern'} ${found.join(', ') || 'of a part'} of tokenizer.json`;
}

const wordCharacter = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';

/** Patterns of tokens that stand for whole words only: places where one touches another word character. */
function singleWords({ added_tokens: tokens }: TokenizerDefinition): readonly RegExp[] {
  return tokens.flatMap(({ content, single_word: single }) => {
    if (single !== true) return [];
    const text = content.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    return [new RegExp(`(?<=${wordCharacter})${text}|${text}(?=${wordCharacter})`, 'u')];
  });
}

function checkSingles(singles: readonly RegExp[], text: string): void {
  const found = singles.map((pattern) => pattern.exec(text)).find((match) => match !== null);
  if (found === undefined) return;
  throw new DataError(
    `The token ${JSON.stringify(found![0])} is single_word, and stands inside a word of ${excerpt(text)}`,
    {
      hint: 'runflow does not split such words: leave the row out with `where`, or set single_word to false in tokenizer.json.',
    },
  );
}

function excerpt(text: string): string {
  return JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 60)}…`);
}

/** transformers' versions differ in which of the two files they follow, so both must say the same. */
function checkBeginning(config: JsonFile, beginning: readonly number[], bos: number | undefined): void {
  const { add_bos_token: wanted } = config;
  const has = bos !== undefined && beginning.includes(bos);
  if (typeof wanted !== 'boolean' || wanted === has) return;
  const [says, does] = wanted ? ['true', 'puts none'] : ['false', 'puts one'];
  throw new DataError(
    `tokenizer_config.json: add_bos_token is ${says}, but the post-processor of tokenizer.json ${does} before a text`,
    { hint: 'Make the two agree: set add_bos_token to what the model was trained with, and save the tokenizer again.' },
  );
}

/** transformers 4 lets the configuration decide about the space before a text, 5 does not; where both agree nothing is to decide. */
function checkPrefix({ add_prefix_space: wanted }: JsonFile, has: boolean): void {
  if (typeof wanted !== 'boolean' || wanted === has) return;
  throw new DataError(
    `tokenizer_config.json: add_prefix_space is ${wanted}, but tokenizer.json puts ${has ? 'a' : 'no'} space before a text`,
    {
      hint: 'Make the two agree: set add_prefix_space to what the model was trained with, and save the tokenizer again.',
    },
  );
}

function missingTokenizer({ folder, has }: TokenizerPlace = { has: [] }): DataError {
  const place = folder ?? 'The model';
  const other = ['tokenizer.model', 'vocab.json', 'merges.txt', 'vocab.txt'].filter((name) => has.includes(name));
  const loaded = JSON.stringify(folder ?? 'FOLDER');
  if (other.length > 0) {
    return new DataError(`${place} has no tokenizer.json, only ${other.join(' and ')}`, {
      hint: `Convert it: in Python, AutoTokenizer.from_pretrained(${loaded}).save_pretrained(${loaded}).`,
    });
  }
  if (folder === undefined) {
    return new DataError('The model has no tokenizer.json', {
      hint: 'A model that is made by `init` gets one by its `tokenizer`; all that is made from it has the same.',
    });
  }
  return new DataError(
    `${folder} has no tokenizer.json; of a tokenizer there is ${has.filter((name) => /token/.test(name)).join(', ') || 'nothing'}`,
    {
      hint: 'Copy tokenizer.json and tokenizer_config.json there from the model that this one was made of.',
    },
  );
}
