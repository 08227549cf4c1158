import { DataError } from '../diagnostics/errors.js';
import type { Tokenizer } from './tokenizer.js';
import { parseFile } from './tokenizer-config.js';

/** What fills the shorter sequences of a batch up. */
export interface Padding {
  readonly token: number;
  readonly side: 'left' | 'right';
}

/**
 * The padding that the published code takes: the tokenizer's padding token, else what ends a sequence, else what begins one;
 * behind the texts unless tokenizer_config.json says otherwise.
 * @param config tokenizer_config.json
 * @throws DataError when the tokenizer has none of the three, or its text is not one token
 */
export function paddingOf(config: Uint8Array | undefined, tokenizer: Pick<Tokenizer, 'encode'>): Padding {
  const stated = config === undefined ? {} : parseFile({ 'tokenizer_config.json': config }, 'tokenizer_config.json');
  const name = (['pad_token', 'eos_token', 'bos_token'] as const).find((token) => textOf(stated[token]) !== undefined);
  if (name === undefined) {
    throw new DataError('tokenizer_config.json names neither a padding token nor one that ends or begins a sequence', {
      hint: 'Prompts cannot be padded then. Add pad_token to it, or set position: last-prompt in the metric.',
    });
  }
  const ids = tokenizer.encode(textOf(stated[name])!, false);
  if (ids.length !== 1) {
    throw new DataError(`${name} of tokenizer_config.json, ${JSON.stringify(textOf(stated[name]))}, is not one token`);
  }
  return { token: ids[0]!, side: stated.padding_side === 'left' ? 'left' : 'right' };
}

/** `"</s>"` or `{"content": "</s>", …}`. */
function textOf(token: unknown): string | undefined {
  const text = typeof token === 'string' ? token : (token as { content?: unknown } | null | undefined)?.content;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
