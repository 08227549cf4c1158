import { DataError } from '../diagnostics/errors.js';
import type { Json } from '../formats/json.js';
import { JsonSyntaxError, parseDataJson } from '../formats/strict-json.js';
import { type DataLimits, tooLongRow } from './data-limits.js';
import { type JsonItem, jsonItems } from './json-items.js';
import type { Row } from './row.js';

/** One object a line, whatever ends the lines; empty lines mean nothing. */
export async function* jsonLines(texts: AsyncIterable<string>, name: string, limits: DataLimits): AsyncGenerator<Row> {
  for await (const { text, number } of lines(texts, name, limits)) {
    if (text.trim() !== '') yield asRow(parse(text, `${name}:${number}`, limits), `${name}:${number}`);
  }
}

/**
 * The objects of a list; the list may stand alone or be the only member, `data`, of an object. Several objects one after
 * the other, which are JSON Lines under another name, are rows, too.
 */
export async function* jsonDocument(
  texts: AsyncIterable<string>,
  name: string,
  limits: DataLimits,
): AsyncGenerator<Row> {
  let first: JsonItem | undefined;
  for await (const item of jsonItems(texts, name, limits)) {
    const where = `${name}: item ${item.number}`;
    if (item.listed) yield asRow(parse(item.text, where, limits), where);
    else if (item.number === 1) first = item;
    else {
      if (first !== undefined) yield rowOf(first, name, limits);
      first = undefined;
      yield rowOf(item, name, limits);
    }
  }
  if (first !== undefined) yield* rowsOfObject(parse(first.text, name, limits), name);
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

/** Lines that end in \n, \r\n or \r, without their ends, numbered from 1. */
async function* lines(
  texts: AsyncIterable<string>,
  name: string,
  { rowCharacters }: DataLimits,
): AsyncGenerator<{ readonly text: string; readonly number: number }> {
  let number = 1;
  let pieces: string[] = [];
  let length = 0;
  let afterReturn = false;
  for await (const whole of texts) {
    const text: string = afterReturn && whole.startsWith('\n') ? whole.slice(1) : whole;
    if (text === '') {
      afterReturn = false;
      continue;
    }
    afterReturn = text.endsWith('\r');
    const parts = text.split(/\r\n?|\n/);
    for (const [index, part] of parts.entries()) {
      pieces.push(part);
      length += part.length;
      if (length > rowCharacters) throw tooLongRow(`${name}:${number}`, rowCharacters);
      if (index === parts.length - 1) break;
      yield { text: pieces.join(''), number: number++ };
      pieces = [];
      length = 0;
    }
  }
  if (length > 0) yield { text: pieces.join(''), number };
}
