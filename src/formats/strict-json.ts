import { exactNumber } from './exact-number.js';
import type { Json } from './json.js';

/** A JSON value whose objects are maps: no prototype to collide with, and keys stay in the order of the text. */
export type StrictJson = null | boolean | number | string | readonly StrictJson[] | StrictJsonObject;
export type StrictJsonObject = ReadonlyMap<string, StrictJson>;

export interface StrictJsonOptions {
  /** Levels of nesting allowed. */
  readonly depth: number;
  /** Values allowed in all, so that memory is bounded whatever the text holds. Default: 2,000,000. */
  readonly values?: number;
  /** Only unsigned integers up to 2⁵³ − 1, without fraction or exponent, are numbers. */
  readonly unsignedIntegers?: boolean;
}

/** What becomes of what was read. */
interface Reading<Value> {
  number(written: string, fail: (message: string) => never): number | string;
  object(members: ReadonlyMap<string, Value>): Value;
  /** Half of a surrogate pair, which UTF-8 cannot write, is refused. */
  readonly wellFormed: boolean;
}

/** What is wrong with a JSON text, and where: `position` counts UTF-16 units from 0. */
export class JsonSyntaxError extends Error {
  readonly position: number;
  constructor(message: string, position: number) {
    super(`${message} at character ${position + 1}`);
    this.position = position;
  }
}

const whitespace = /[ \t\n\r]*/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings may not hold raw control characters
const controlCharacter = /[\u0000-\u001f]/;

/**
 * Parses RFC 8259 JSON in linear time and refuses what `JSON.parse` lets pass: a key twice in one object (it keeps the
 * last), integers that a double cannot hold (it rounds them), and nesting without bound.
 */
export function parseStrictJson(text: string, options: StrictJsonOptions): StrictJson {
  return parse<StrictJson>(text, options, {
    number(written, fail) {
      const value = Number(written);
      const integer = !/[.eE]/.test(written);
      if (options.unsignedIntegers && (!integer || written.startsWith('-'))) {
        return fail(`${written.slice(0, 30)} is not an unsigned integer`);
      }
      if (integer ? Number.isSafeInteger(value) : Number.isFinite(value)) return value;
      return fail(`the number ${written.slice(0, 30)} cannot be held exactly`);
    },
    object: (members) => members,
    wellFormed: false,
  });
}

/**
 * The same for data, as plain objects: whatever its name, a member is one of the object's own. A number that would come
 * out as another one is kept as its text (`exactNumber`); half of a surrogate pair is refused.
 */
export function parseDataJson(text: string, options: StrictJsonOptions): Json {
  return parse<Json>(text, options, {
    number: exactNumber,
    object: (members) => Object.fromEntries(members),
    wellFormed: true,
  });
}

function parse<Value>(text: string, options: StrictJsonOptions, reading: Reading<Value>): Value {
  type Any = Value | string | number | boolean | null | readonly Any[];
  const maximumValues = options.values ?? 2_000_000;
  let values = 0;
  let at = 0;

  function fail(message: string, position = at): never {
    throw new JsonSyntaxError(message, position);
  }

  function skipWhitespace(): void {
    whitespace.lastIndex = at;
    whitespace.test(text);
    at = whitespace.lastIndex;
  }

  function expect(character: string): void {
    if (text[at] !== character)
      fail(at < text.length ? `expected ${character}` : `text ends where ${character} should be`);
    at++;
  }

  function parseString(): string {
    const start = at;
    expect('"');
    let end = start;
    let escaped = false;
    do {
      end = text.indexOf('"', end + 1);
      if (end < 0) fail('a string without its closing quote', start);
      let backslashes = 0;
      while (text[end - 1 - backslashes] === '\\') backslashes++;
      escaped = backslashes % 2 === 1;
    } while (escaped);
    at = end + 1;
    const content = text.slice(start + 1, end);
    if (!content.includes('\\')) {
      if (controlCharacter.test(content)) fail('a control character in a string', start);
      return content;
    }
    let value: string;
    try {
      value = JSON.parse(text.slice(start, at)) as string;
    } catch {
      return fail('a string with a wrong escape or a control character', start);
    }
    if (reading.wellFormed && /\p{Surrogate}/u.test(value))
      fail('half of a surrogate pair, which is not a character', start);
    return value;
  }

  function parseNumber(): number | string {
    const start = at;
    numberToken.lastIndex = at;
    const match = numberToken.exec(text);
    if (match === null) fail(at < text.length ? `unexpected ${JSON.stringify(text[at])}` : 'text ends too early');
    at = numberToken.lastIndex;
    return reading.number(match[0], (message) => fail(message, start));
  }

  function parseObject(depth: number): Value {
    const object = new Map<string, Value>();
    at++;
    skipWhitespace();
    if (text[at] === '}') {
      at++;
      return reading.object(object);
    }
    for (;;) {
      const start = at;
      const key = parseString();
      if (object.has(key)) fail(`the key ${JSON.stringify(key)} stands twice in one object`, start);
      skipWhitespace();
      expect(':');
      object.set(key, parseValue(depth) as Value);
      if (text[at] !== ',') break;
      at++;
      skipWhitespace();
    }
    expect('}');
    return reading.object(object);
  }

  function parseArray(depth: number): readonly Any[] {
    const array: Any[] = [];
    at++;
    skipWhitespace();
    if (text[at] === ']') {
      at++;
      return array;
    }
    for (;;) {
      array.push(parseValue(depth));
      if (text[at] !== ',') break;
      at++;
    }
    expect(']');
    return array;
  }

  function parseWord(word: string, value: null | boolean): null | boolean {
    if (!text.startsWith(word, at)) fail(`unexpected ${JSON.stringify(text[at])}`);
    at += word.length;
    return value;
  }

  function parseValue(depth: number): Any {
    skipWhitespace();
    if (++values > maximumValues) fail(`more than ${maximumValues} values`);
    const first = text[at];
    if ((first === '{' || first === '[') && depth === 0) fail(`nested deeper than ${options.depth} levels`);
    let value: Any;
    if (first === '{') value = parseObject(depth - 1);
    else if (first === '[') value = parseArray(depth - 1);
    else if (first === '"') value = parseString();
    else if (first === 't') value = parseWord('true', true);
    else if (first === 'f') value = parseWord('false', false);
    else if (first === 'n') value = parseWord('null', null);
    else value = parseNumber();
    skipWhitespace();
    return value;
  }

  const value = parseValue(options.depth);
  if (at < text.length) fail('text after the end of the value');
  return value as Value;
}
