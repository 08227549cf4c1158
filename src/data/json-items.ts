import { DataError } from '../diagnostics/errors.js';
import { type DataLimits, tooLongRow } from './data-limits.js';

export interface JsonItem {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** True for an item of the list that the file is, false for a value that stands by itself. */
  readonly listed: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/**
 * The texts of the items of a JSON list, or of values one after the other, each as soon as it is whole: memory follows the
 * longest, not the file. Only brackets and strings are looked at; what stands between them is for the parser.
 */
export async function* jsonItems(
  texts: AsyncIterable<string>,
  name: string,
  { rowCharacters }: DataLimits,
): AsyncGenerator<JsonItem> {
  let listed: boolean | undefined;
  let closed = false;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let number = 1;
  let pieces: string[] = [];
  let length = 0;
  /** Something other than white space belongs to the item. */
  let begun = false;

  const take = (text: string): void => {
    if (text === '') return;
    pieces.push(text);
    length += text.length;
    begun ||= text.trim() !== '';
    if (length > rowCharacters) throw tooLongRow(`${name}: item ${number}`, rowCharacters);
  };
  const item = (): JsonItem => {
    const whole = { text: pieces.join(''), number: number++, listed: listed! };
    pieces = [];
    length = 0;
    begun = false;
    return whole;
  };

  for await (const text of texts) {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === backslash) escaped = true;
        else if (code === quote) inString = false;
        continue;
      }
      if (code <= 0x20) continue;
      if (closed) throw new DataError(`${name}: text after the end of the list`, { hint: 'Keep one list in a file.' });
      if (listed === undefined) {
        if (code !== openList && code !== openObject) throw new DataError(`${name}: not a JSON list of objects`);
        listed = code === openList;
        if (listed) {
          depth = 1;
          from = at + 1;
          continue;
        }
      }
      if (code === quote) inString = true;
      else if (code === openObject || code === openList) depth++;
      else if (code === closeObject || code === closeList) {
        depth--;
        if (listed && depth === 0) {
          take(text.slice(from, at));
          closed = true;
          if (code === closeObject) throw new DataError(`${name}: the list is closed by }`);
          // A comma before the end announces an item that does not come.
          if (begun || number > 1) yield item();
          from = text.length;
        } else if (!listed && depth <= 0) {
          take(text.slice(from, at + 1));
          depth = 0;
          yield item();
          from = at + 1;
        }
      } else if (listed && depth === 1 && code === comma) {
        take(text.slice(from, at));
        yield item();
        from = at + 1;
      }
    }
    if (!closed) take(text.slice(from));
  }
  if (listed === undefined) throw new DataError(`${name}: the file is empty`);
  if (listed && !closed) {
    throw new DataError(`${name}: the list does not end`, { hint: 'The file is cut short: get it again.' });
  }
  if (begun) yield item();
}
