import { DataError } from '../diagnostics/errors.js';

/** The file that says which id is which token. */
export const tokenTextsFile = 'tokenizer.json';

/**
 * Tokens by id, of the bytes of a tokenizer.json: those of its model (of BPE, WordPiece and WordLevel an object, of Unigram a
 * list of pairs), and the added ones, which win.
 * @throws DataError when the file is not of that form
 */
export function parseTokenTexts(bytes: Uint8Array, file: string): Map<number, string> {
  const { model, added_tokens: added = [] } = parsed(bytes, file);
  const vocabulary = model?.vocab;
  if (typeof vocabulary !== 'object' || vocabulary === null) throw new DataError(`${file}: it has no model.vocab`);
  const texts = new Map<number, string>();
  const set = (id: unknown, token: unknown) => {
    if (typeof id !== 'number' || typeof token !== 'string') {
      throw new DataError(`${file}: the token ${JSON.stringify(token)} has the id ${JSON.stringify(id)}`);
    }
    texts.set(id, token);
  };
  const ids: Iterable<readonly [unknown, unknown]> = Array.isArray(vocabulary)
    ? vocabulary.map((entry: readonly unknown[] | null, id) => [entry?.[0], id] as const)
    : Object.entries(vocabulary);
  for (const [token, id] of ids) set(id, token);
  for (const { id, content } of added) set(id, content);
  return texts;
}

interface TokenizerJson {
  readonly model?: { readonly vocab?: unknown };
  readonly added_tokens?: readonly { readonly id: unknown; readonly content: unknown }[];
}

function parsed(bytes: Uint8Array, file: string): TokenizerJson {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as TokenizerJson | null;
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new DataError(`${file}: not valid JSON: ${(cause as Error).message}`, { cause });
  }
  throw new DataError(`${file}: not a JSON object`);
}
