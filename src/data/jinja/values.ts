/**
 * Values of a template as Python has them. An int is a bigint and a float a number, since the two print differently.
 * Whatever Python does and this does not throws Unsupported: a chat template gives the same text as in transformers, or none.
 */
export type Value =
  | string
  | boolean
  | null
  | bigint
  | number
  | Undefined
  | Namespace
  | Callable
  | Dict
  | readonly Value[];

export type Dict = ReadonlyMap<string, Value>;

/** A name, attribute or item that is not there: prints as nothing, is false and empty, and has no attributes itself. */
export class Undefined {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A tuple; lists are plain arrays. */
export class Tuple extends Array<Value> {}

/** What Python goes over once and nothing else: always true, without a length. */
export class Generated extends Array<Value> {}

/** Keys, values or items of a dict, and ranges: they have a length, and what else they are is not done here. */
export class View extends Array<Value> {}

/** `namespace(…)`: the one thing that a loop may change from inside. */
export class Namespace {
  readonly values: Map<string, Value>;
  constructor(values: Dict) {
    this.values = new Map(values);
  }
}

/** A function, method or macro. */
export class Callable {
  readonly call: (positional: readonly Value[], named: Dict) => Value;
  constructor(call: Callable['call']) {
    this.call = call;
  }
}

/** What a template asks for and runflow does not do as Python does it. */
export class Unsupported extends Error {}

/** What Python refuses, too. */
export class TemplateError extends Error {}

export const isDict = (value: Value): value is Dict => value instanceof Map;
/** Anything with items in a row. */
export const isRow = (value: Value): value is readonly Value[] => Array.isArray(value);
/** A list or a tuple. */
export const isList = (value: Value): value is readonly Value[] =>
  isRow(value) && !(value instanceof Generated) && !(value instanceof View);

/** The name of a value's type, as Python gives it. */
export function typeName(value: Value): string {
  if (value === null) return 'None';
  if (value instanceof Undefined) return 'undefined';
  if (value instanceof Namespace) return 'namespace';
  if (value instanceof Callable) return 'function';
  if (isDict(value)) return 'dict';
  if (isList(value)) return value instanceof Tuple ? 'tuple' : 'list';
  if (Array.isArray(value)) return (value as unknown) instanceof View ? 'view' : 'generator';
  return { string: 'str', boolean: 'bool', bigint: 'int', number: 'float' }[typeof value as 'string'];
}

/** Python's truth of a value. */
export function truth(value: Value): boolean {
  if (value instanceof Undefined) return false;
  if (isDict(value)) return value.size > 0;
  if (value instanceof Generated) return true;
  if (isRow(value)) return value.length > 0;
  return value instanceof Namespace || value instanceof Callable || Boolean(value);
}

/** Python's str(). */
export function text(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  return representation(value, new Allowance());
}

/** What a nested value may take together: a list that holds the same list twice, again and again, has no end otherwise. */
export class Allowance {
  #left = longestText;

  /** @throws Unsupported when it is used up */
  take(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw new Unsupported(`it makes a text of more than ${longestText} characters`);
  }

  /** The same for one of many values, each of which takes time, too. */
  takeValue(characters: number): void {
    this.take(characters + 100);
  }
}

/** Python's repr(). */
function representation(value: Value, allowance: Allowance): string {
  const inner = (item: Value) => representation(item, allowance);
  allowance.takeValue(typeof value === 'string' ? value.length : 0);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return floatText(value);
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Tuple) {
    const items = [...value].map(inner);
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  }
  if (isList(value)) return `[${value.map(inner).join(', ')}]`;
  if (isDict(value)) return `{${[...value].map(([key, item]) => `${quoted(key)}: ${inner(item)}`).join(', ')}}`;
  throw new Unsupported(`it prints a value of type ${typeName(value)}`);
}

/** Both languages write the fewest digits that read back the same; they change to an exponent at different sizes. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const plain = Object.is(value, -0)
    ? '-0'
    : power < 0
      ? value.toFixed(Math.max(0, digits.replace(/\D/g, '').length - 1 - power))
      : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

function quoted(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const named: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', [quote]: `\\${quote}` };
  const escaped = value.replace(
    /[\\\n\r\t'"]|(?! )[\p{C}\p{Z}]/gu,
    (found) => named[found] ?? escapedCharacter(found, quote),
  );
  return quote + escaped + quote;
}

function escapedCharacter(character: string, quote: string): string {
  if ((character === "'" || character === '"') && character !== quote) return character;
  const code = character.codePointAt(0)!;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

type NumberLike = bigint | number | boolean;
export const isNumber = (value: Value): value is NumberLike =>
  typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';

/** Python's `==`. */
export function equal(a: Value, b: Value): boolean {
  if (isNumber(a) && isNumber(b)) return !(comparable(a) < comparable(b) || comparable(a) > comparable(b));
  if (a instanceof Undefined || b instanceof Undefined) return a instanceof Undefined && b instanceof Undefined;
  if (a === b) return true;
  if (isList(a) && isList(b)) {
    if (a instanceof Tuple !== b instanceof Tuple || a.length !== b.length) return false;
    return a.every((item, at) => equal(item, b[at]!));
  }
  if (isDict(a) && isDict(b)) {
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && equal(item, b.get(key)!));
  }
  return a === b;
}

const comparable = (value: NumberLike): bigint | number => (typeof value === 'boolean' ? BigInt(value) : value);

/** Negative, 0 or positive, as `<`, `==` and `>` of Python say. */
export function compare(a: Value, b: Value): number {
  if (isNumber(a) && isNumber(b)) {
    const [x, y] = [comparable(a), comparable(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b);
  if (isList(a) && isList(b)) throw new Unsupported('it compares lists by size');
  throw new TemplateError(`it compares ${typeName(a)} with ${typeName(b)} by size`);
}

function compareCodePoints(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const difference = x[at]!.codePointAt(0)! - y[at]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** Python's `item in container`. */
export function contains(container: Value, item: Value): boolean {
  if (container instanceof Undefined) return false;
  if (typeof container === 'string' && typeof item === 'string') return container.includes(item);
  if (isDict(container)) return typeof item === 'string' && container.has(item);
  if (isRow(container)) return container.some((one) => equal(one, item));
  throw new TemplateError(`it looks for ${typeName(item)} in ${typeName(container)}`);
}

/** Far beyond any conversation; a list that is doubled in a loop gets there, and V8 ends the process where it cannot grow one. */
const longestList = 5_000_000;

/** @throws Unsupported when a list would be longer than lists may be */
export function checkLength(length: number): void {
  if (length > longestList) throw new Unsupported(`it makes a list of more than ${longestList} items`);
}

/** The characters of a text, as Python counts them. */
export function charactersOf(value: string): string[] {
  checkLength(value.length);
  return Array.from(value);
}

/** A value that was looked up, or Undefined: None is a value, too. */
export const found = (value: Value | undefined, name: string): Value =>
  value === undefined ? new Undefined(name) : value;

/** What a `for` goes over: items, characters, or keys. */
export function itemsOf(value: Value): readonly Value[] {
  if (value instanceof Undefined) return [];
  if (isRow(value)) return value;
  if (typeof value === 'string') return charactersOf(value);
  if (isDict(value)) return [...value.keys()];
  throw new TemplateError(`it goes over ${typeName(value)}`);
}

const largest = 2n ** 63n;

function whole(value: bigint): bigint {
  if (value < -largest || value > largest) throw new Unsupported('it computes with integers beyond 64 bits');
  return value;
}

/** `a + b`, `-`, `*`, `/`, `//`, `%`, `**` as Python computes them. */
export function arithmetic(operator: string, a: Value, b: Value): Value {
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return joined(a, b);
  if (operator === '+' && isList(a) && isList(b) && a instanceof Tuple === b instanceof Tuple) {
    checkLength(a.length + b.length);
    return a instanceof Tuple ? Tuple.from([...a, ...b]) : [...a, ...b];
  }
  if (operator === '*' && !(isNumber(a) && isNumber(b)))
    throw new Unsupported(`it multiplies ${typeName(a)} by ${typeName(b)}`);
  if (operator === '%' && typeof a === 'string') throw new Unsupported('it formats a text by %');
  if (!isNumber(a) || !isNumber(b)) throw new TemplateError(`it computes ${typeName(a)} ${operator} ${typeName(b)}`);
  const [x, y] = [comparable(a), comparable(b)];
  if (typeof x === 'bigint' && typeof y === 'bigint' && operator !== '/') return integers(operator, x, y);
  return floats(operator, Number(x), Number(y));
}

function integers(operator: string, a: bigint, b: bigint): Value {
  switch (operator) {
    case '+':
      return whole(a + b);
    case '-':
      return whole(a - b);
    case '*':
      return whole(a * b);
    case '**':
      if (b < 0n || b > 64n) throw new Unsupported(`it raises to the power ${b}`);
      return whole(a ** b);
    default: {
      if (b === 0n) throw new TemplateError('it divides by zero');
      const rest = ((a % b) + b) % b;
      return operator === '%' ? rest : (a - rest) / b;
    }
  }
}

function floats(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw new TemplateError('it divides by zero');
      return a / b;
    default:
      throw new Unsupported(`it computes ${operator} of floats`);
  }
}

/** Far beyond any prompt; a text that is doubled in a loop gets there. */
const longestText = 50_000_000;

/** One text after the other. */
export function joined(a: string, b: string): string {
  if (a.length + b.length > longestText)
    throw new Unsupported(`it makes a text of more than ${longestText} characters`);
  return a + b;
}
