/** A JSON value whose objects are maps: no prototype to collide with, and keys stay in the order of the text. */
export type StrictJson = null | boolean | number | string | readonly StrictJson[] | StrictJsonObject;
export type StrictJsonObject = ReadonlyMap<string, StrictJson>;

export interface StrictJsonOptions {
  /** Levels of nesting allowed. */
  readonly depth: number;
  /** Values allowed in all, so that memory is bounded whatever the text holds; 2,000,000 unless told. */
  readonly values?: number;
  /** Only unsigned integers up to 2⁵³ − 1, without fraction or exponent, are numbers. */
  readonly unsignedIntegers?: boolean;
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
const numberToken = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings may not hold raw control characters
const controlCharacter = /[\u0000-\u001f]/;

/**
 * Parses RFC 8259 JSON in linear time and refuses what `JSON.parse` lets pass: a key twice in one object (it keeps the
 * last), integers that a double cannot hold (it rounds them), and nesting without bound.
 */
export function parseStrictJson(text: string, options: StrictJsonOptions): StrictJson {
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
    try {
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      return fail('a string with a wrong escape or a control character', start);
    }
  }

  function parseNumber(): number {
    const start = at;
    numberToken.lastIndex = at;
    const match = numberToken.exec(text);
    if (match === null) fail(at < text.length ? `unexpected ${JSON.stringify(text[at])}` : 'text ends too early');
    at = numberToken.lastIndex;
    const value = Number(match[0]);
    const integer = match[1] === undefined && match[2] === undefined;
    if (options.unsignedIntegers && (!integer || match[0].startsWith('-'))) {
      fail(`${match[0].slice(0, 30)} is not an unsigned integer`, start);
    }
    if (integer ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
      fail(`the number ${match[0].slice(0, 30)} cannot be held exactly`, start);
    }
    return value;
  }

  function parseObject(depth: number): StrictJsonObject {
    const object = new Map<string, StrictJson>();
    at++;
    skipWhitespace();
    if (text[at] === '}') {
      at++;
      return object;
    }
    for (;;) {
      const start = at;
      const key = parseString();
      if (object.has(key)) fail(`the key ${JSON.stringify(key)} stands twice in one object`, start);
      skipWhitespace();
      expect(':');
      object.set(key, parseValue(depth));
      if (text[at] !== ',') break;
      at++;
      skipWhitespace();
    }
    expect('}');
    return object;
  }

  function parseArray(depth: number): readonly StrictJson[] {
    const array: StrictJson[] = [];
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

  function parseValue(depth: number): StrictJson {
    skipWhitespace();
    if (++values > maximumValues) fail(`more than ${maximumValues} values`);
    const first = text[at];
    if ((first === '{' || first === '[') && depth === 0) fail(`nested deeper than ${options.depth} levels`);
    let value: StrictJson;
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
  return value;
}
