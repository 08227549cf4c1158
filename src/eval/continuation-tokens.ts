import { stripEnd } from '../data/python-text.js';
import type { Tokenizer } from '../data/tokenizer.js';
import { DataError } from '../diagnostics/errors.js';

/** Whether the tokenizer's beginning of sequence stands before a context. */
export type Beginning = 'tokenizer' | 'none';

/** What a model reads and what it is asked the likelihood of, one after the other. */
export interface SplitTokens {
  /** Tokens of the context, at least one. */
  readonly context: readonly number[];
  /** Tokens of the continuation, at least one. */
  readonly continuation: readonly number[];
}

/**
 * Encodes continuations of one context as lm-evaluation-harness does. Whitespace at the end of the context goes to the
 * continuation; a continuation's tokens are those of the joined text from the number of the context's tokens on, even where
 * the two tokenise otherwise when joined. An empty context is the beginning of sequence, or the end where the tokenizer has
 * no beginning; a continuation that begins with it brings it along.
 *
 * What the tokenizer puts before a text is left out with `none`, and where the context already begins with the beginning of
 * sequence, as that of a chat template does.
 *
 * @throws DataError when a continuation has no token of its own, or an empty context nothing to stand for it
 */
export function continuationTokens(
  tokenizer: Tokenizer,
  context: string,
  continuations: readonly string[],
  beginning: Beginning,
): SplitTokens[] {
  const before = stripEnd(context);
  const moved = context.slice(before.length);
  if (before === '') return continuations.map((text) => withoutContext(tokenizer, moved + text));
  const first = tokenizer.bos ?? tokenizer.eos;
  const isSpecial = beginning === 'tokenizer' && !(first !== undefined && before.startsWith(first.text));
  const contextTokens = tokenizer.encode(before, isSpecial);
  return continuations.map((text) => {
    const continuation = tokenizer.encode(before + moved + text, isSpecial).slice(contextTokens.length);
    if (continuation.length === 0) throw noToken(text);
    return { context: contextTokens, continuation };
  });
}

function withoutContext(tokenizer: Tokenizer, text: string): SplitTokens {
  const first = (tokenizer.bos ?? tokenizer.eos)?.id;
  if (first === undefined) {
    throw new DataError('The context is empty, and the tokenizer has no beginning or end of sequence to stand for it', {
      hint: 'Give the question a template or a description.',
    });
  }
  const tokens = tokenizer.encode(text, false);
  const continuation = tokens[0] === first ? tokens.slice(1) : tokens;
  if (continuation.length === 0) throw noToken(text);
  return { context: [first], continuation };
}

function noToken(text: string): DataError {
  return new DataError(
    `The choice ${JSON.stringify(text)} adds no token to the context, so that it has no likelihood`,
    {
      hint: 'Its text merges into the last token of the context: end the template otherwise, or leave such rows out with `where`.',
    },
  );
}
