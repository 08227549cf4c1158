import {
  Allowance,
  Callable,
  charactersOf,
  checkLength,
  type Dict,
  found,
  isDict,
  isList,
  isRow,
  TemplateError,
  Tuple,
  text,
  typeName,
  Unsupported,
  type Value,
  View,
} from './values.js';

/** What Python takes for white space; JavaScript's set differs by U+FEFF, U+0085 and U+001C to U+001F. */
const space = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const leading = new RegExp(`^[${space}]+`);
const trailing = new RegExp(`[${space}]+$`);
const word = new RegExp(`[^${space}]+`, 'g');

/** Python's str.strip(), at one side or both; `characters` is the set to take away. */
export function stripped(value: string, side: 'left' | 'right' | 'both', characters?: string): string {
  if (characters === undefined) {
    const right = side === 'left' ? value : withoutTrailing(value);
    return side === 'right' ? right : right.replace(leading, '');
  }
  const set = new Set(characters);
  const letters = charactersOf(value);
  let [from, to] = [0, letters.length];
  if (side !== 'right') while (from < to && set.has(letters[from]!)) from++;
  if (side !== 'left') while (from < to && set.has(letters[to - 1]!)) to--;
  return letters.slice(from, to).join('');
}

/** A pattern anchored at the end tries every run of spaces on its way there. */
function withoutTrailing(value: string): string {
  let end = value.length;
  while (end > 0 && trailing.test(value[end - 1]!)) end--;
  return value.slice(0, end);
}

/** Python's str.split(). */
function split(value: string, separator: string | null, most: number): string[] {
  if (separator === '') throw new TemplateError('it splits a text at nothing');
  const parts: string[] = [];
  let rest = separator === null ? stripped(value, 'left') : value;
  while (rest !== '' || separator !== null) {
    if (most >= 0 && parts.length === most) return [...parts, ...(separator === null && rest === '' ? [] : [rest])];
    const at = separator === null ? wordLength(rest) : rest.indexOf(separator);
    if (at < 0) return [...parts, rest];
    parts.push(rest.slice(0, at));
    checkLength(parts.length);
    rest = separator === null ? stripped(rest.slice(at), 'left') : rest.slice(at + separator.length);
  }
  return parts;
}

function wordLength(value: string): number {
  word.lastIndex = 0;
  return word.exec(value)?.[0].length ?? 0;
}

/** Python's str.replace(); a negative count replaces all. */
export function replaced(value: string, old: string, by: string, count: number): string {
  if (old === '') throw new Unsupported('it replaces the empty text');
  return joinedBy(split(value, old, count), by);
}

/** Texts with one between each two. */
export function joinedBy(parts: readonly string[], between: string): string {
  const allowance = new Allowance();
  for (const part of parts) allowance.take(part.length + between.length);
  return parts.join(between);
}

type Method<T> = (self: T, args: readonly Value[]) => Value;

const stringMethods: Readonly<Record<string, Method<string>>> = {
  strip: (self, [set]) => stripped(self, 'both', optionalText(set)),
  lstrip: (self, [set]) => stripped(self, 'left', optionalText(set)),
  rstrip: (self, [set]) => stripped(self, 'right', optionalText(set)),
  upper: (self) => self.toUpperCase(),
  lower: (self) => self.toLowerCase(),
  split: (self, [separator, most]) =>
    split(self, optionalText(separator) ?? null, most === undefined ? -1 : integer(most)),
  replace: (self, [old, by, count]) =>
    replaced(self, needText(old), needText(by), count === undefined ? -1 : integer(count)),
  startswith: (self, args) => beginnings(args).some((one) => self.startsWith(one)),
  endswith: (self, args) => beginnings(args).some((one) => self.endsWith(one)),
  join: (self, [list]) => {
    if (list === undefined || !isRow(list)) throw new Unsupported('it joins something else than a list');
    return list.map(needText).join(self);
  },
  find: (self, args) => {
    if (args.length !== 1) throw new Unsupported('it finds within a part of a text');
    const at = self.indexOf(needText(args[0]));
    return at < 0 ? -1n : BigInt(Array.from(self.slice(0, at)).length);
  },
  count: (self, args) => {
    if (args.length !== 1 || args[0] === '') throw new Unsupported('it counts within a part of a text');
    return BigInt(self.split(needText(args[0])).length - 1);
  },
  removeprefix: (self, [start]) => (self.startsWith(needText(start)) ? self.slice(needText(start).length) : self),
  removesuffix: (self, [end]) =>
    self.endsWith(needText(end)) ? self.slice(0, self.length - needText(end).length) : self,
};

const dictMethods: Readonly<Record<string, Method<Dict>>> = {
  get: (self, [key, otherwise = null]) => (self.has(needText(key)) ? self.get(needText(key))! : otherwise),
  items: (self) => View.from<Value>([...self].map((entry) => Tuple.from<Value>(entry))),
  keys: (self) => View.from<Value>(self.keys()),
  values: (self) => View.from<Value>(self.values()),
};

/** Arguments that a method takes at most, where it does not see to that itself. */
const mostArguments: Readonly<Record<string, number>> = {
  strip: 1,
  lstrip: 1,
  rstrip: 1,
  upper: 0,
  lower: 0,
  split: 2,
  replace: 3,
  join: 1,
  removeprefix: 1,
  removesuffix: 1,
  get: 2,
  items: 0,
  keys: 0,
  values: 0,
};

/** Everything that Python's types have by these names: what is not done here must not pass for undefined. */
const pythonNames = {
  str: 'capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill',
  dict: 'clear copy fromkeys get items keys pop popitem setdefault update values',
  list: 'append clear copy count extend index insert pop remove reverse sort',
};

/** The method of a text, dict or list by its name; undefined when Python's has none of that name. */
export function methodOf(value: Value, name: string): Callable | undefined {
  const [methods, known] =
    typeof value === 'string'
      ? [stringMethods, pythonNames.str]
      : isDict(value)
        ? [dictMethods, pythonNames.dict]
        : [{}, isList(value) ? pythonNames.list : ''];
  const method = Object.hasOwn(methods, name) ? (methods[name] as Method<Value>) : undefined;
  if (method !== undefined) {
    return new Callable((positional, named) => {
      if (named.size > 0) throw new Unsupported(`it calls ${typeName(value)}.${name} with named arguments`);
      if (positional.length > (mostArguments[name] ?? Number.POSITIVE_INFINITY)) {
        throw new TemplateError(`it gives ${typeName(value)}.${name} ${positional.length} arguments`);
      }
      return method(value, positional);
    });
  }
  if (known.split(' ').includes(name)) throw new Unsupported(`it calls ${typeName(value)}.${name}`);
  return undefined;
}

export function needText(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new TemplateError(`it gives ${value === undefined ? 'nothing' : typeName(value)} where a text belongs`);
}

function optionalText(value: Value | undefined): string | undefined {
  return value === undefined || value === null ? undefined : needText(value);
}

export function integer(value: Value): number {
  if (typeof value === 'bigint') return Number(value);
  throw new TemplateError(`it gives ${typeName(value)} where an integer belongs`);
}

function beginnings(args: readonly Value[]): string[] {
  const [wanted] = args;
  if (args.length !== 1) throw new Unsupported('it looks at a part of a text');
  return wanted instanceof Tuple ? [...wanted].map(needText) : [needText(wanted)];
}

/** `value[index]`, or undefined where there is none. */
export function itemAt(value: Value, index: bigint): Value {
  if (typeof value !== 'string' && !isList(value))
    throw new Unsupported(`it takes item ${index} of ${typeName(value)}`);
  const items = typeof value === 'string' ? charactersOf(value) : value;
  return found(items.at(Number(index)), text(index));
}

/** `value[start:stop:step]`. */
export function sliceOf(value: Value, bounds: readonly (Value | undefined)[]): Value {
  if (typeof value !== 'string' && !isList(value)) throw new TemplateError(`it takes a part of ${typeName(value)}`);
  const [start, stop, step = 1] = bounds.map((bound) =>
    bound === undefined || bound === null ? undefined : integer(bound),
  );
  if (step === 0) throw new TemplateError('it takes every 0th item');
  const items: readonly Value[] = typeof value === 'string' ? charactersOf(value) : value;
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + items.length : at, low), high);
  const [low, high] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const from = start === undefined ? (step > 0 ? low : high) : clamp(start, low, high);
  const to = stop === undefined ? (step > 0 ? high : low) : clamp(stop, low, high);
  const taken: Value[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) taken.push(items[at]!);
  return typeof value === 'string' ? taken.join('') : value instanceof Tuple ? Tuple.from(taken) : taken;
}
