import { json } from './json-text.js';
import { integer, itemAt, joinedBy, methodOf, needText, replaced, stripped } from './methods.js';
import {
  Callable,
  charactersOf,
  compare,
  contains,
  type Dict,
  equal,
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
export const filters: Readonly<Record<string, Filter>> = {
  safe: (value) => value,
  string: (value) => text(value),
  trim: (value, [set]) => stripped(text(value), 'both', set === undefined ? undefined : needText(set)),
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  capitalize: (value) => {
    const [first = '', ...rest] = charactersOf(text(value));
    return first.toUpperCase() + rest.join('').toLowerCase();
  },
  length: count,
  count,
  list: (value) => [...itemsOf(value)],
  first: (value) => itemsOf(value)[0] ?? new Undefined('first'),
  last: (value) => {
    if (typeof value !== 'string' && !isList(value)) throw new Unsupported(`it takes the last of ${typeName(value)}`);
    return itemsOf(value).at(-1) ?? new Undefined('last');
  },
  reverse: (value) => {
    if (typeof value === 'string') return charactersOf(value).reverse().join('');
    if (!isList(value)) throw new Unsupported(`it reverses ${typeName(value)}`);
    return Generated.from<Value>([...value].reverse());
  },
  default: otherwise,
  d: otherwise,
  join: (value, [between = ''], named) => {
    if (named.size > 0) throw new Unsupported('it joins with named arguments');
    return joinedBy(itemsOf(value).map(text), text(between));
  },
  replace: (value, [old, by, most], named) => {
    if (named.size > 0) throw new Unsupported('it replaces with named arguments');
    return replaced(text(value), needText(old), needText(by), most === undefined || most === null ? -1 : integer(most));
  },
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
  int: (value, rest) => {
    if (typeof value === 'bigint' && rest.length === 0) return value;
    if (typeof value === 'string' && rest.length === 0 && /^[+-]?[0-9]+$/.test(value))
      return BigInt(value.replace('+', ''));
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
        const found = attributeOf(item, attribute);
        return found instanceof Undefined ? (named.get('default') ?? found) : found;
      }),
    );
  },
};

function count(value: Value): bigint {
  if (value instanceof Undefined) return 0n;
  if (typeof value === 'string' || isList(value) || isDict(value) || value instanceof View)
    return BigInt(itemsOf(value).length);
  throw new TemplateError(`it takes the length of ${typeName(value)}`);
}

function otherwise(value: Value, [instead = '', falsy = false]: readonly Value[], named: Dict): Value {
  const also = truth(named.get('boolean') ?? falsy);
  return value instanceof Undefined || (also && !truth(value)) ? (named.get('default_value') ?? instead) : value;
}

function byAttribute(value: Value, [attribute, test, ...rest]: readonly Value[], named: Dict, wanted: boolean): Value {
  if (typeof attribute !== 'string' || named.size > 0)
    throw new Unsupported('it selects by other things than an attribute');
  const name = test === undefined ? undefined : needText(test);
  const chosen = itemsOf(value).filter((item) => {
    const found = attributeOf(item, attribute);
    return (name === undefined ? truth(found) : passes(name, found, rest)) === wanted;
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
  return isDict(value) && value.has(key) ? value.get(key)! : (dotted(value, key) ?? new Undefined(key));
}

/** `value.name`: an attribute, else an item. */
export function attribute(value: Value, name: string): Value {
  return dotted(value, name) ?? (isDict(value) ? value.get(name) : undefined) ?? new Undefined(name);
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
  if ((name === 'odd' || name === 'even') && typeof value !== 'bigint')
    throw new Unsupported(`it asks whether ${typeName(value)} is ${name}`);
  return test(value, rest);
}
