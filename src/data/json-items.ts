import { DataError } from '../diagnostics/errors.js';
import { type DataLimits, tooLongRow } from './data-limits.js';

export interface JsonItem {
  readonly text: string;
  /** Number of the item, from 1. */
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
export class JsonItems {
  readonly #name: string;
  readonly #most: number;
  #listed: boolean | undefined;
  #closed = false;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #number = 1;
  #pieces: string[] = [];
  #length = 0;
  /** Something other than white space belongs to the item. */
  #begun = false;

  constructor(name: string, { rowCharacters }: DataLimits) {
    this.#name = name;
    this.#most = rowCharacters;
  }

  *items(text: string): Generator<JsonItem> {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === backslash) this.#escaped = true;
        else if (code === quote) this.#inString = false;
        continue;
      }
      if (code <= 0x20) continue;
      if (this.#closed) {
        throw new DataError(`${this.#name}: text after the end of the list`, { hint: 'Keep one list in a file.' });
      }
      if (this.#listed === undefined && this.#begin(code)) from = at + 1;
      else if (code === quote) this.#inString = true;
      else if (code === openObject || code === openList) this.#depth++;
      else if (code === closeObject || code === closeList) {
        this.#depth--;
        if (this.#depth > 0) continue;
        this.#take(text.slice(from, this.#listed ? at : at + 1));
        from = at + 1;
        if (this.#listed) this.#close(code);
        // A comma before the end announces an item that does not come.
        if (!this.#listed || this.#begun || this.#number > 1) yield this.#item();
        this.#depth = 0;
      } else if (this.#listed && this.#depth === 1 && code === comma) {
        this.#take(text.slice(from, at));
        yield this.#item();
        from = at + 1;
      }
    }
    if (!this.#closed) this.#take(text.slice(from));
  }

  *end(): Generator<JsonItem> {
    if (this.#listed === undefined) throw new DataError(`${this.#name}: the file is empty`);
    if (this.#listed && !this.#closed) {
      throw new DataError(`${this.#name}: the list does not end`, { hint: 'The file is cut short: get it again.' });
    }
    if (this.#begun) yield this.#item();
  }

  /** True for the bracket that opens the list, which belongs to no item. */
  #begin(code: number): boolean {
    if (code !== openList && code !== openObject) throw new DataError(`${this.#name}: not a JSON list of objects`);
    this.#listed = code === openList;
    if (this.#listed) this.#depth = 1;
    return this.#listed;
  }

  #close(code: number): void {
    if (code === closeObject) throw new DataError(`${this.#name}: the list is closed by }`);
    this.#closed = true;
  }

  #take(text: string): void {
    if (text === '') return;
    this.#pieces.push(text);
    this.#length += text.length;
    this.#begun ||= text.trim() !== '';
    if (this.#length > this.#most) throw tooLongRow(`${this.#name}: item ${this.#number}`, this.#most);
  }

  #item(): JsonItem {
    const text = this.#pieces.length === 1 ? this.#pieces[0]! : this.#pieces.join('');
    this.#pieces = [];
    this.#length = 0;
    this.#begun = false;
    return { text, number: this.#number++, listed: this.#listed! };
  }
}
