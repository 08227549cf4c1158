import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { DataError } from '../diagnostics/errors.js';
import type { JsonFile } from './tokenizer-config.js';
import type { TokenizerDefinition } from './tokenizer-definition.js';
import { exactParts } from './tokenizer-parts.js';

/** @throws DataError when the upstream library does not know a part of the definition */
export function buildTokenizer(definition: TokenizerDefinition, config: JsonFile): HuggingFaceTokenizer {
  // Of the configuration nothing else reaches the library, which would apply options of the slow tokenizers on top.
  const { clean_up_tokenization_spaces: tidy } = config;
  try {
    const exact = exactParts(definition);
    const tokenizer = new HuggingFaceTokenizer(exact, { clean_up_tokenization_spaces: tidy === true });
    if (exact.model.type === 'Unigram' && exact.model.byte_fallback === true) fallBackToBytes(tokenizer);
    keepByteOrderMarks(tokenizer.decoder as ByteDecoder | null);
    useUnicodeSpaces(tokenizer.pre_tokenizer as ByteSplitter | null);
    return tokenizer;
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`tokenizer.json describes a tokenizer that cannot be built: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Unknown characters as bytes, as the library does it for BPE only; where a byte has no token, all that hang together stay unknown. */
function fallBackToBytes(tokenizer: HuggingFaceTokenizer): void {
  const model = tokenizer.model!;
  const known = model.tokens_to_ids;
  const plain = model.encode.bind(model);
  const bytesOf = (text: string) =>
    [...new TextEncoder().encode(text)].map((byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  model.encode = (words: string[]) => {
    const pieces: string[] = [];
    let unknown: string[] = [];
    const flush = (): void => {
      const bytes = bytesOf(unknown.join(''));
      pieces.push(...(bytes.every((byte) => known.has(byte)) ? bytes : unknown));
      unknown = [];
    };
    for (const piece of plain(words)) {
      if (!known.has(piece)) unknown.push(piece);
      else {
        flush();
        pieces.push(piece);
      }
    }
    flush();
    return pieces;
  };
}

interface ByteDecoder {
  readonly decoders?: readonly ByteDecoder[];
  text_decoder?: TextDecoder;
}

/** The library's decoder of bytes takes U+FEFF at the beginning for a mark of the encoding. */
function keepByteOrderMarks(decoder: ByteDecoder | null): void {
  if (decoder?.text_decoder !== undefined) decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const part of decoder?.decoders ?? []) keepByteOrderMarks(part);
}

interface ByteSplitter {
  readonly tokenizers?: readonly ByteSplitter[];
  readonly byte_encoder?: unknown;
  pattern?: RegExp;
}

/** GPT-2's pattern with Unicode's white space: JavaScript's has U+FEFF more and U+0085 less. */
const gpt2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function useUnicodeSpaces(preTokenizer: ByteSplitter | null): void {
  if (preTokenizer?.byte_encoder !== undefined) preTokenizer.pattern = gpt2;
  for (const part of preTokenizer?.tokenizers ?? []) useUnicodeSpaces(part);
}
