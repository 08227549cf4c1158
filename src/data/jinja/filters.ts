import { json } from './json-text.js';
import { integer, itemAt, joinedBy, methodOf, needText, replaced, stripped } from './methods.js';
import {
  Callable,
  charactersOf,
  compare,
  contains,
  type Dict,
  equal,
  found,
  Generated,
  isDict,
  isList,
  isNumber,
  isRow,
  itemsOf,
  Namespace,
  TemplateError,
  Tuple,
  text,
  truth,
  typeName,
  Undefined,
  Unsupported,
  type Value,
  View,
} from './values.js';

type Filter = (value: Value, positional: readonly Value[], named: Dict) => Value;

/** The filters of Jinja that chat templates use. */
const filters: Readonly<Record<string, Filter>> = {
  safe: (value) => value,
  string: (value) => text(value),
  trim: (value, [set]) => stripped(text(value), 'both', set === undefined ? undefined : needText(set)),
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  capitalize: (value) => {
    const [first = '', ...rest] = charactersOf(text(value));
    const upper = first.toUpperCase();
    // Python writes title case, which for these letters is not upper case, and sees a sigma within the whole text.
    if (upper.length !== first.length || /^[Ǆ-ǌǱ-ǳა-ჿ]|^.+Σ/su.test(text(value)))
      throw new Unsupported(`it capitalises ${text(value).slice(0, 20)}`);
    return upper + rest.join('').toLowerCase();
  },
  length: count,
  count,
  list: (value) => [...itemsOf(value)],
  first: (value) => found(itemsOf(value)[0], 'first'),
  last: (value) => {
    if (typeof value !== 'string' && !isList(value)) throw new Unsupported(`it takes the last of ${typeName(value)}`);
    return found(itemsOf(value).at(-1), 'last');
  },
  reverse: (value) => {
    if (typeof value === 'string') return charactersOf(value).reverse().join('');
    if (!isList(value)) throw new Unsupported(`it reverses ${typeName(value)}`);
    return Generated.from<Value>([...value].reverse());
  },
  default: otherwise,
  d: otherwise,
  join: (value, [between = '']) => joinedBy(itemsOf(value).map(text), text(between)),
  replace: (value, [old, by, most = null]) =>
    replaced(text(value), needText(old), needText(by), most === null ? -1 : integer(most)),
  items: (value) => {
    if (value instanceof Undefined) return new Generated();
    if (!isDict(value)) throw new TemplateError(`it takes the items of ${typeName(value)}`);
    return Generated.from<Value>([...value].map((entry) => Tuple.from<Value>(entry)));
  },
  dictsort: (value, positional, named) => {
    if (!isDict(value) || positional.length + named.size > 0)
      throw new Unsupported(`it sorts ${typeName(value)} by options`);
    // By key in lower case; what is equal then keeps its order.
    return [...value]
      .sort(([a], [b]) => compare(a.toLowerCase(), b.toLowerCase()))
      .map((entry) => Tuple.from<Value>(entry));
  },
  abs: (value) => {
    if (!isNumber(value)) throw new TemplateError(`it takes abs of ${typeName(value)}`);
    if (typeof value === 'boolean') return BigInt(value);
    return value < 0 ? -value : value;
  },
  int: (value) => {
    if (typeof value === 'bigint') return value;
    if (typeof value === 'string' && /^[+-]?[0-9]+$/.test(value)) return BigInt(value.replace('+', ''));
    throw new Unsupported(`it makes an integer of ${typeName(value)}`);
  },
  tojson: (value, positional, named) => json(value, positional, named),
  selectattr: (value, positional, named) => byAttribute(value, positional, named, true),
  rejectattr: (value, positional, named) => byAttribute(value, positional, named, false),
  map: (value, positional, named) => {
    const attribute = named.get('attribute');
    const known = [...named.keys()].every((name) => name === 'attribute' || name === 'default');
    if (positional.length > 0 || typeof attribute !== 'string' || !known) {
      throw new Unsupported('it maps by other things than an attribute');
    }
    return Generated.from<Value>(
      itemsOf(value).map((item) => {
        const value = attributeOf(item, attribute);
        // As Jinja has it, a default of None is none.
        return value instanceof Undefined ? (named.get('default') ?? value) : value;
      }),
    );
  },
};

/** The parameters of a filter by their names in Jinja; those that are not here see to their arguments themselves. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    'safe string upper lower capitalize length count list first last reverse items abs int'
      .split(' ')
      .map((name) => [name, []]),
  ),
  trim: ['chars'],
  default: ['default_value', 'boolean'],
  d: ['default_value', 'boolean'],
  join: ['d'],
  replace: ['old', 'new', 'count'],
};

/** `value | name(…positional, …named)`. */
export function filtered(name: string, value: Value, positional: readonly Value[], named: Dict): Value {
  const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (filter === undefined) throw new Unsupported(`it uses the filter "${name}"`);
  const names = parameters[name];
  if (names === undefined) return filter(value, positional, named);
  const given: Value[] = [...positional];
  for (const [key, argument] of named) {
    const at = names.indexOf(key);
    if (at < positional.length) throw new Unsupported(`it gives the filter "${name}" the argument ${key}`);
    given[at] = argument;
  }
  if (given.length > names.length) throw new Unsupported(`it gives the filter "${name}" ${given.length} arguments`);
  return filter(value, given, new Map());
}

function count(value: Value): bigint {
  if (value instanceof Undefined) return 0n;
  if (typeof value === 'string' || isList(value) || isDict(value) || value instanceof View)
    return BigInt(itemsOf(value).length);
  throw new TemplateError(`it takes the length of ${typeName(value)}`);
}

function otherwise(value: Value, [instead = '', falsy = false]: readonly Value[]): Value {
  return value instanceof Undefined || (truth(falsy) && !truth(value)) ? instead : value;
}

function byAttribute(value: Value, [attribute, test, ...rest]: readonly Value[], named: Dict, wanted: boolean): Value {
  if (typeof attribute !== 'string' || named.size > 0)
    throw new Unsupported('it selects by other things than an attribute');
  const name = test === undefined ? undefined : needText(test);
  const chosen = itemsOf(value).filter((item) => {
    const value = attributeOf(item, attribute);
    return (name === undefined ? truth(value) : passes(name, value, rest)) === wanted;
  });
  return Generated.from<Value>(chosen);
}

/** `a.b.0` of an item, as filters look it up: by item before attribute. */
function attributeOf(item: Value, path: string): Value {
  return path
    .split('.')
    .reduce(
      (value: Value, part) => (/^[0-9]+$/.test(part) ? itemAt(value, BigInt(part)) : subscript(value, part)),
      item,
    );
}

/** `value[key]`: an item, else an attribute. */
export function subscript(value: Value, key: string): Value {
  return isDict(value) && value.has(key) ? value.get(key)! : found(dotted(value, key), key);
}

/** `value.name`: an attribute, else an item. */
export function attribute(value: Value, name: string): Value {
  const own = dotted(value, name);
  return found(own === undefined && isDict(value) ? value.get(name) : own, name);
}

function dotted(value: Value, name: string): Value | undefined {
  if (value instanceof Undefined) throw new TemplateError(`${value.name} is undefined, and it takes ${name} of it`);
  if (name.startsWith('_')) throw new Unsupported(`it takes the attribute ${name}`);
  if (value instanceof Namespace) return value.values.get(name);
  if (isNumber(value) || value instanceof Callable) throw new Unsupported(`it takes ${name} of ${typeName(value)}`);
  return methodOf(value, name);
}

type Test = (value: Value, rest: readonly Value[]) => boolean;
const equals: Test = (value, [other]) => equal(value, other!);

const tests: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  string: (value) => typeof value === 'string',
  // Python's bool is an int, which the test for integers leaves out and the one for numbers does not.
  number: (value) => isNumber(value),
  integer: (value) => typeof value === 'bigint',
  float: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  mapping: (value) => isDict(value),
  // An undefined value is iterable and a sequence: it is empty.
  sequence: (value) => typeof value === 'string' || isList(value) || isDict(value) || value instanceof Undefined,
  iterable: (value) => typeof value === 'string' || isRow(value) || isDict(value) || value instanceof Undefined,
  callable: (value) => value instanceof Callable,
  odd: (value) => typeof value === 'bigint' && value % 2n !== 0n,
  even: (value) => typeof value === 'bigint' && value % 2n === 0n,
  equalto: equals,
  eq: equals,
  '==': equals,
  in: (value, [container]) => contains(container!, value),
};

/** Whether `value is name(…rest)`. */
export function passes(name: string, value: Value, rest: readonly Value[]): boolean {
  const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
  if (test === undefined) throw new Unsupported(`it uses the test "${name}"`);
  if (rest.length !== (test === equals || name === 'in' ? 1 : 0))
    throw new TemplateError(`it gives the test "${name}" ${rest.length} arguments`);
  if ((name === 'odd' || name === 'even') && typeof value !== 'bigint')
    throw new Unsupported(`it asks whether ${typeName(value)} is ${name}`);
  return test(value, rest);
}
