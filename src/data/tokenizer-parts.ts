import { DataError } from '../diagnostics/errors.js';
import { type Component, rewritten, type TokenizerDefinition } from './tokenizer-definition.js';

/**
 * The same tokenizer in parts that the JavaScript library does exactly as Hugging Face's own: it leaves out options of some without
 * a word, and its white space, digits and word characters are JavaScript's. `test/fixtures/data/make-tokenizers.py` holds the two
 * side by side.
 * @throws DataError naming a part that cannot be had
 */
export function exactParts(definition: TokenizerDefinition): TokenizerDefinition {
  return {
    ...definition,
    normalizer: rewritten(definition.normalizer, 'normalizers', exactNormalizer),
    pre_tokenizer: rewritten(definition.pre_tokenizer, 'pretokenizers', exactPreTokenizer),
    decoder: rewritten(definition.decoder, 'decoders', exactDecoder),
    model: exactModel(definition.model),
  };
}

function refused(
  part: string,
  instead = 'Convert the tokenizer, or tokenise elsewhere and give rows with `input_ids`.',
): DataError {
  return new DataError(`tokenizer.json: runflow does not do ${part}`, { hint: instead });
}

const regex = (pattern: string) => ({ Regex: pattern });
const replace = (pattern: string, content: string): Component => ({
  type: 'Replace',
  pattern: regex(pattern),
  content,
});
const normalizers = (...parts: readonly Component[]): Component => ({ type: 'Sequence', normalizers: parts });
const preTokenizers = (...parts: readonly Component[]): Component => ({ type: 'Sequence', pretokenizers: parts });

function exactNormalizer(part: Component): Component {
  switch (part.type) {
    case 'Strip':
      return normalizers(
        ...(part.strip_left === true ? [replace('\\A\\s+', '')] : []),
        ...(part.strip_right === true ? [replace('\\s+\\z', '')] : []),
      );
    case 'Lowercase':
      // A final sigma is another letter in JavaScript's lower case, which looks at the word.
      return normalizers(replace('Σ', 'σ'), part);
    case 'BertNormalizer': {
      const { lowercase, strip_accents: strip } = part;
      const upper = { ...part, lowercase: false, strip_accents: strip ?? lowercase };
      return lowercase === true ? normalizers(upper, exactNormalizer({ type: 'Lowercase' })) : upper;
    }
    case 'Replace':
      return literalContent(part);
    case 'Precompiled':
      throw refused('the normalizer Precompiled, a table of its own');
    default:
      return part;
  }
}

/** JavaScript reads `$` in what replaces a match as a reference to it. */
function literalContent(part: Component): Component {
  return { ...part, content: String(part.content ?? '').replaceAll('$', '$$$$') };
}

/** What `\w` means there; the library takes superscripts for word characters and joiners for none. */
const word = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
const punctuation = '[!-/:-@\\[-`{-~\\p{P}]';

function exactPreTokenizer(part: Component): Component {
  switch (part.type) {
    case 'Whitespace':
      return split(`[${word}]+|[^${word}\\s]+`, 'Removed', true);
    case 'WhitespaceSplit':
      return split('\\s+', 'Removed');
    case 'BertPreTokenizer':
      return preTokenizers(split('\\s+', 'Removed'), split(punctuation, 'Isolated'));
    case 'Digits':
      return split(part.individual_digits === true ? '\\p{N}' : '\\p{N}+', 'Isolated');
    case 'Punctuation':
      return split(punctuation, (part.behavior as string | undefined) ?? 'Isolated');
    case 'CharDelimiterSplit':
      return split(escaped(String(part.delimiter)), 'Removed');
    case 'FixedLength':
      return split(`[\\s\\S]{1,${Number(part.length)}}`, 'Isolated');
    case 'Split': {
      const { Regex, String: text } = part.pattern as { readonly Regex?: string; readonly String?: string };
      return split(Regex ?? escaped(text ?? ''), String(part.behavior), part.invert === true);
    }
    case 'Metaspace':
      return metaspace(part);
    default:
      return part;
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** A Split of any behaviour as one that isolates its matches, or removes what is none. */
function split(pattern: string, behavior: string, invert = false): Component {
  const made = (source: string, how: 'Isolated' | 'Removed', other = false): Component => ({
    type: 'Split',
    pattern: regex(source),
    behavior: how,
    invert: other,
  });
  const rest = `(?:(?!${pattern})[\\s\\S])`;
  // What is inverted takes the rest for the match: it goes with the neighbour on the other side.
  const mirrored = { MergedWithPrevious: 'MergedWithNext', MergedWithNext: 'MergedWithPrevious' } as const;
  switch (invert ? (mirrored[behavior as keyof typeof mirrored] ?? behavior) : behavior) {
    case 'Removed':
      return made(pattern, 'Removed', invert);
    case 'Isolated':
      return made(pattern, 'Isolated');
    case 'Contiguous':
      return made(invert ? pattern : `(?:${pattern})+`, 'Isolated');
    case 'MergedWithPrevious':
      return made(`${rest}*(?:${pattern})|${rest}+`, 'Isolated');
    case 'MergedWithNext':
      return made(`(?:${pattern})${rest}*|${rest}+`, 'Isolated');
    default:
      throw refused(`the behavior ${JSON.stringify(behavior)} of a pre-tokenizer`);
  }
}

/** Older files say by `add_prefix_space` what newer ones say by `prepend_scheme`. */
function metaspace(part: Component): Component {
  const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? 'never' : 'always');
  const mark = String(part.replacement ?? '▁');
  const whole = { ...part, prepend_scheme: scheme };
  return part.split === false ? whole : preTokenizers(whole, split(escaped(mark), 'MergedWithNext'));
}

function exactDecoder(part: Component): Component {
  if (part.type !== 'Replace') return part;
  // It runs while a model writes, where nothing could stop a pattern.
  if (typeof (part.pattern as { String?: unknown } | undefined)?.String !== 'string')
    throw refused('a decoder with a regular expression');
  return literalContent(part);
}

function exactModel(model: Component): Component {
  const type = model.type ?? ('merges' in model ? 'BPE' : Array.isArray(model.vocab) ? 'Unigram' : 'WordPiece');
  if (type !== 'BPE' && type !== 'Unigram' && type !== 'WordPiece')
    throw refused(`models of type ${JSON.stringify(type)}`);
  if (model.dropout) {
    throw refused(
      `dropout ${JSON.stringify(model.dropout)}: the same text would give other tokens each time`,
      'Set it to null.',
    );
  }
  if (type === 'BPE' && model.continuing_subword_prefix) throw refused('continuing_subword_prefix of BPE');
  // Where there is no unknown token the library passes over what it does not know: give it one that has no id.
  const unknown = type === 'BPE' && (model.unk_token ?? null) === null ? { unk_token: '\0unknown' } : {};
  return { ...model, type, ...unknown };
}
