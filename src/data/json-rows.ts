import { DataError } from '../diagnostics/errors.js';
import type { Json } from '../formats/json.js';
import { JsonSyntaxError, parseDataJson } from '../formats/strict-json.js';
import { type DataLimits, tooLongRow } from './data-limits.js';
import { type JsonItem, JsonItems } from './json-items.js';
import type { Row } from './row.js';
import type { RowReader } from './row-batches.js';

/** One object a line, whatever ends the lines; empty lines mean nothing. */
export class JsonLines implements RowReader {
  readonly #name: string;
  readonly #limits: DataLimits;
  #line = 1;
  /** What the last part began and did not end. */
  #pieces: string[] = [];
  #length = 0;
  #afterReturn = false;

  constructor(name: string, limits: DataLimits) {
    this.#name = name;
    this.#limits = limits;
  }

  *rows(part: string): Generator<Row> {
    // A line that ended in \r has ended; a \n that follows belongs to its end.
    const text = this.#afterReturn && part.startsWith('\n') ? part.slice(1) : part;
    this.#afterReturn = text.endsWith('\r');
    let start = 0;
    let [feed, back] = [text.indexOf('\n'), text.indexOf('\r')];
    while (feed >= 0 || back >= 0) {
      const end = feed < 0 || (back >= 0 && back < feed) ? back : feed;
      this.#take(text.slice(start, end));
      if (this.#length > 0) yield* this.end();
      else this.#line++;
      start = end + (end === back && feed === end + 1 ? 2 : 1);
      if (feed >= 0 && feed < start) feed = text.indexOf('\n', start);
      if (back >= 0 && back < start) back = text.indexOf('\r', start);
    }
    this.#take(text.slice(start));
  }

  #take(text: string): void {
    if (text === '') return;
    this.#pieces.push(text);
    this.#length += text.length;
    if (this.#length <= this.#limits.rowCharacters) return;
    throw tooLongRow(`${this.#name}:${this.#line}`, this.#limits.rowCharacters);
  }

  *end(): Generator<Row> {
    const text = this.#pieces.length === 1 ? this.#pieces[0]! : this.#pieces.join('');
    const where = `${this.#name}:${this.#line++}`;
    this.#pieces = [];
    this.#length = 0;
    if (text.trim() !== '') yield asRow(parse(text, where, this.#limits), where);
  }
}

/**
 * The objects of a list; the list may stand alone or be the only member, `data`, of an object. Several objects one after
 * the other, which are JSON Lines under another name, are rows, too.
 */
export class JsonDocument implements RowReader {
  readonly #name: string;
  readonly #limits: DataLimits;
  readonly #items: JsonItems;
  /** An object that is the only one so far: a row if another follows. */
  #first: JsonItem | undefined;

  constructor(name: string, limits: DataLimits) {
    this.#name = name;
    this.#limits = limits;
    this.#items = new JsonItems(name, limits);
  }

  *rows(text: string): Generator<Row> {
    for (const item of this.#items.items(text)) yield* this.#rowsWith(item);
  }

  *end(): Generator<Row> {
    for (const item of this.#items.end()) yield* this.#rowsWith(item);
    if (this.#first !== undefined) yield* rowsOfObject(parse(this.#first.text, this.#name, this.#limits), this.#name);
  }

  *#rowsWith(item: JsonItem): Generator<Row> {
    if (!item.listed && item.number === 1) {
      this.#first = item;
      return;
    }
    if (this.#first !== undefined) yield rowOf(this.#first, this.#name, this.#limits);
    this.#first = undefined;
    yield rowOf(item, this.#name, this.#limits);
  }
}

function rowOf({ text, number }: JsonItem, name: string, limits: DataLimits): Row {
  return asRow(parse(text, `${name}: item ${number}`, limits), `${name}: item ${number}`);
}

/** Rows of a file that is one object. What cannot be told apart for certain is refused. */
function rowsOfObject(value: Json, name: string): Row[] {
  const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  const list = Object.hasOwn(value as object, 'data') ? (value as { readonly data: Json }).data : undefined;
  if (Array.isArray(list) && list.every((item) => isObject(item))) {
    if (members.length === 1) return list.map((item) => item as Row);
    const others = members.map(([key]) => key).filter((key) => key !== 'data');
    throw notAList(
      name,
      `beside data it has ${others.slice(0, 4).join(', ')}. Save the list alone: jq .data OLD > NEW`,
    );
  }
  const columns = members.length > 0 && members.every(([, cells]) => Array.isArray(cells) || isObject(cells));
  throw notAList(
    name,
    columns
      ? 'It seems to hold one list a column. Save it by rows: in pandas, to_json(orient="records").'
      : 'If it is the only row, put [ ] around it.',
  );
}

function notAList(name: string, hint: string): DataError {
  return new DataError(`${name}: one object, where a list of objects is expected`, { hint });
}

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string, where: string, { depth, values }: DataLimits): Json {
  try {
    return parseDataJson(text, { depth, values });
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    const bare = /^\s*(?:NaN|-?Infinity)\b/.test(text.slice(cause.position));
    throw new DataError(`${where}: not JSON: ${cause.message}`, {
      cause,
      ...(bare && { hint: 'JSON has no NaN and no Infinity: write null, or a text in quotes.' }),
    });
  }
}

function asRow(value: Json, where: string): Row {
  if (isObject(value)) return value as Row;
  const hint = where.includes(': item')
    ? undefined
    : 'Put one object on each line; a file that is one list is named .json.';
  throw new DataError(`${where}: a row must be an object of columns`, hint === undefined ? {} : { hint });
}
