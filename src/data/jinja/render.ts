import { attribute, filtered, passes, subscript } from './filters.js';
import { integer, itemAt, sliceOf } from './methods.js';
import { child, type Node, type ParsedTemplate } from './parse.js';
import {
  arithmetic,
  Callable,
  compare,
  contains,
  type Dict,
  equal,
  found,
  isRow,
  itemsOf,
  joined,
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

/**
 * The text of a template, equal to what Jinja gives in transformers.
 * @param variables strings, booleans, null, and lists and objects of them
 * @throws Error when the template refuses, or does what is not done here exactly as in Python, or does not come to an end.
 */
export function renderTemplate(
  { body, mixes }: ParsedTemplate,
  variables: { readonly [name: string]: unknown },
): string {
  const scope = new Scope(undefined);
  for (const [name, value] of Object.entries(globals)) scope.set(name, value);
  for (const [name, value] of Object.entries(variables)) scope.set(name, templateValue(value));
  return new Rendering(mixes).block(body, new Scope(scope));
}

function templateValue(value: unknown): Value {
  if (Array.isArray(value)) return value.map(templateValue);
  if (typeof value !== 'object' || value === null) return value as string | boolean | null;
  return new Map(Object.entries(value).map(([key, item]) => [key, templateValue(item)]));
}

class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | undefined;
  constructor(outer: Scope | undefined) {
    this.#outer = outer;
  }
  get(name: string): Value | undefined {
    return this.#values.has(name) ? this.#values.get(name) : this.#outer?.get(name);
  }
  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}

/** The sandbox of Jinja, in which transformers renders, allows no longer range. */
const longestRange = 100_000;

const globals: Readonly<Record<string, Value>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range: new Callable((bounds, named) => {
    if (bounds.length > 3 || named.size > 0)
      throw new TemplateError('it gives range other arguments than three numbers');
    const [first, second, by = 1] = bounds.map(integer);
    const [from, to] = second === undefined ? [0, first!] : [first!, second];
    const length = Math.max(0, Math.ceil((to - from) / by));
    if (!(length <= longestRange)) {
      throw new TemplateError(
        `range(${bounds.map(text).join(', ')}) is longer than the ${longestRange} items that Jinja's sandbox allows`,
      );
    }
    return View.from<Value>(Array.from({ length }, (_, at) => BigInt(from + at * by)));
  }),
  namespace: new Callable((positional, named) => {
    if (positional.length > 0) throw new Unsupported('it makes a namespace of something else than names');
    return new Namespace(named);
  }),
  raise_exception: new Callable(([message = '']) => {
    throw new TemplateError(text(message));
  }),
  strftime_now: new Callable(() => {
    throw new Unsupported(
      'it writes the date of the day it is rendered on (strftime_now), so the same workflow would give other numbers tomorrow: write a date into the template',
    );
  }),
};

/** Names that nothing can be set to. */
const constants = new Set(['true', 'True', 'false', 'False', 'none', 'None']);

/** Names that Jinja itself defines and this does not: they must not pass for undefined. */
const otherGlobals = new Set(['cycler', 'dict', 'joiner', 'lipsum', 'self', 'varargs', 'kwargs', 'caller']);

/** A long conversation takes some ten thousand. */
const mostSteps = 1_000_000;
/** What a step may make: memory follows the steps then, whatever a template keeps. */
const charactersAStep = 500;
const itemsAStep = 10;

/** Nodes whose value may be a new one. */
const makers: ReadonlySet<string> = new Set([
  'CallExpression',
  'BinaryExpression',
  'FilterExpression',
  'MemberExpression',
]);

class Break {}
class Continue {}

class Rendering {
  readonly #mixes: boolean;
  #steps = 0;
  /** What the innermost block has written: `break` and `continue` keep it. */
  #written = '';

  constructor(mixes: boolean) {
    this.#mixes = mixes;
  }

  block(nodes: readonly Node[], scope: Scope): string {
    const outer = this.#written;
    this.#written = '';
    try {
      this.#run(nodes, scope);
      return this.#written;
    } finally {
      this.#written = outer;
    }
  }

  #run(nodes: readonly Node[], scope: Scope): void {
    for (const node of nodes) this.#statement(node, scope);
  }

  #write(value: Value): void {
    const written = text(value);
    this.#count(written);
    this.#written = joined(this.#written, written);
  }

  #count(made?: Value): void {
    this.#steps++;
    if (typeof made === 'string') this.#steps += made.length / charactersAStep;
    else if (Array.isArray(made)) this.#steps += made.length / itemsAStep;
    if (this.#steps > mostSteps)
      throw new TemplateError(`it was stopped after ${mostSteps} steps: it does not come to an end`);
  }

  #statement(node: Node, scope: Scope): void {
    this.#count();
    switch (node.type) {
      case 'Comment':
        return;
      case 'If':
        this.#run(truth(this.#value(child(node, 'test'), scope)) ? node.body : node.alternate, scope);
        return;
      case 'For':
        this.#for(node, scope);
        return;
      case 'Set': {
        const assigned =
          node.value === null ? this.block(node.body, new Scope(scope)) : this.#value(child(node, 'value'), scope);
        this.#assign(child(node, 'assignee'), assigned, scope);
        return;
      }
      case 'Macro':
        scope.set(nameOf(child(node, 'name')), this.#macro(node, scope));
        return;
      case 'FilterStatement':
        this.#write(this.#filtered(this.block(node.body, new Scope(scope)), child(node, 'filter'), scope));
        return;
      case 'Break':
        throw new Break();
      case 'Continue':
        throw new Continue();
      case 'CallStatement':
        throw new Unsupported('it uses {% call %}');
      default:
        this.#write(this.#value(node, scope));
    }
  }

  #assign(target: Node, value: Value, scope: Scope): void {
    if (target.type === 'Identifier') {
      if (constants.has(nameOf(target))) throw new TemplateError(`it sets ${nameOf(target)}`);
      scope.set(nameOf(target), value);
      return;
    }
    if (target.type === 'TupleLiteral') {
      const names = target.value as readonly Node[];
      const items = itemsOf(value);
      if (items.length !== names.length)
        throw new TemplateError(`it takes ${names.length} values out of ${items.length}`);
      for (const [at, name] of names.entries()) this.#assign(name, items[at]!, scope);
      return;
    }
    const property = child(target, 'property');
    const object = target.type === 'MemberExpression' ? this.#value(child(target, 'object'), scope) : null;
    if (!(object instanceof Namespace) || target.computed || property.type !== 'Identifier') {
      throw new Unsupported('it sets something else than a name or an attribute of a namespace');
    }
    object.values.set(nameOf(property), value);
  }

  #for(node: Node, scope: Scope): void {
    const over = child(node, 'iterable');
    const loopvar = child(node, 'loopvar');
    const chosen = over.type === 'SelectExpression';
    const all = itemsOf(this.#value(chosen ? child(over, 'lhs') : over, scope));
    const items = !chosen
      ? all
      : all.filter((item) => {
          const inner = new Scope(scope);
          this.#assign(loopvar, item, inner);
          return truth(this.#value(child(over, 'test'), inner));
        });
    for (const [at, item] of items.entries()) {
      this.#count();
      // A scope an iteration: what one sets the next does not see.
      const inner = new Scope(scope);
      inner.set('loop', loopOf(items, at));
      this.#assign(loopvar, item, inner);
      try {
        this.#run(node.body, inner);
      } catch (thrown) {
        if (thrown instanceof Break) break;
        if (!(thrown instanceof Continue)) throw thrown;
      }
    }
    if (items.length === 0) this.#run(node.defaultBlock, new Scope(scope));
  }

  #macro(node: Node, scope: Scope): Callable {
    const parameters = node.args.map((parameter) =>
      parameter.type === 'Identifier'
        ? { name: nameOf(parameter), otherwise: undefined }
        : { name: nameOf(child(parameter, 'key')), otherwise: child(parameter, 'value') },
    );
    return new Callable((positional, named) => {
      const unknown = [...named.keys()].find((name) => !parameters.some((parameter) => parameter.name === name));
      if (positional.length > parameters.length || unknown !== undefined) {
        throw new TemplateError(
          `it calls the macro ${nameOf(child(node, 'name'))} with ${unknown ?? 'too many arguments'}`,
        );
      }
      const inner = new Scope(scope);
      for (const [at, { name, otherwise }] of parameters.entries()) {
        if (at < positional.length && named.has(name))
          throw new TemplateError(`it calls the macro ${nameOf(child(node, 'name'))} with ${name} twice`);
        const value = at < positional.length ? positional[at] : named.get(name);
        inner.set(
          name,
          value !== undefined ? value : otherwise === undefined ? new Undefined(name) : this.#value(otherwise, inner),
        );
      }
      return this.block(node.body, inner);
    });
  }

  #value(node: Node, scope: Scope): Value {
    const value = this.#evaluated(node, scope);
    this.#count(makers.has(node.type) ? value : undefined);
    return value;
  }

  #evaluated(node: Node, scope: Scope): Value {
    switch (node.type) {
      case 'StringLiteral':
        return node.value as string;
      case 'IntegerLiteral':
        if (!Number.isSafeInteger(node.value)) throw new Unsupported('it computes with integers beyond 53 bits');
        return BigInt(node.value as number);
      case 'FloatLiteral':
        return node.value as number;
      case 'ArrayLiteral':
        return (node.value as readonly Node[]).map((item) => this.#value(item, scope));
      case 'TupleLiteral':
        return Tuple.from<Value>((node.value as readonly Node[]).map((item) => this.#value(item, scope)));
      case 'ObjectLiteral':
        return this.#dict(node.value as ReadonlyMap<Node, Node>, scope);
      case 'Identifier':
        return this.#variable(nameOf(node), scope);
      case 'CallExpression':
        return this.#call(node, scope);
      case 'MemberExpression':
        return this.#member(node, scope);
      case 'UnaryExpression':
        return this.#unary(node, scope);
      case 'BinaryExpression':
        return this.#binary(node, scope);
      case 'FilterExpression':
        return this.#filtered(this.#value(child(node, 'operand'), scope), child(node, 'filter'), scope);
      case 'TestExpression': {
        const found = passes(nameOf(child(node, 'test')), this.#value(child(node, 'operand'), scope), []);
        return found !== node.negate;
      }
      case 'Ternary':
        return this.#value(
          child(node, truth(this.#value(child(node, 'condition'), scope)) ? 'trueExpr' : 'falseExpr'),
          scope,
        );
      case 'SelectExpression':
        return truth(this.#value(child(node, 'test'), scope))
          ? this.#value(child(node, 'lhs'), scope)
          : new Undefined('the rest of an if');
      default:
        throw new Unsupported(`it uses ${node.type}`);
    }
  }

  #variable(name: string, scope: Scope): Value {
    const value = scope.get(name);
    if (value !== undefined) return value;
    if (otherGlobals.has(name)) throw new Unsupported(`it uses ${name}`);
    return new Undefined(name);
  }

  #dict(entries: ReadonlyMap<Node, Node>, scope: Scope): Dict {
    const made = new Map<string, Value>();
    for (const [key, value] of entries) {
      const name = this.#value(key, scope);
      if (typeof name !== 'string') throw new Unsupported(`it makes a dict with a key of type ${typeName(name)}`);
      made.set(name, this.#value(value, scope));
    }
    return made;
  }

  #arguments(nodes: readonly Node[], scope: Scope): [positional: Value[], named: Dict] {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const node of nodes) {
      if (node.type === 'KeywordArgumentExpression')
        named.set(nameOf(child(node, 'key')), this.#value(child(node, 'value'), scope));
      else positional.push(this.#value(node, scope));
    }
    return [positional, named];
  }

  #call(node: Node, scope: Scope): Value {
    const callee = this.#value(child(node, 'callee'), scope);
    if (!(callee instanceof Callable)) throw new TemplateError(`it calls a value of type ${typeName(callee)}`);
    return callee.call(...this.#arguments(node.args, scope));
  }

  #member(node: Node, scope: Scope): Value {
    const object = this.#value(child(node, 'object'), scope);
    const property = child(node, 'property');
    if (property.type === 'SliceExpression') {
      return sliceOf(
        object,
        [property.start, property.stop, property.step].map((bound) => bound && this.#value(bound, scope)),
      );
    }
    if (!node.computed && property.type === 'Identifier') return attribute(object, nameOf(property));
    const key = this.#value(property, scope);
    if (typeof key === 'string') return subscript(object, key);
    if (typeof key === 'bigint' && (typeof object === 'string' || isRow(object))) return itemAt(object, key);
    throw new Unsupported(`it takes an item of ${typeName(object)} by ${typeName(key)}`);
  }

  #unary(node: Node, scope: Scope): Value {
    const value = this.#value(child(node, 'argument'), scope);
    if (node.operator.value === 'not') return !truth(value);
    return arithmetic(node.operator.value === '-' ? '-' : '+', 0n, value);
  }

  #binary(node: Node, scope: Scope): Value {
    const operator = node.operator.value;
    const [leftNode, rightNode] = [child(node, 'left'), child(node, 'right')];
    const left = this.#value(leftNode, scope);
    if (operator === 'and') return truth(left) ? this.#value(rightNode, scope) : left;
    if (operator === 'or') return truth(left) ? left : this.#value(rightNode, scope);
    const right = this.#value(rightNode, scope);
    // Where the template has both without parentheses between, only texts come out the same.
    const sum = leftNode.type === 'BinaryExpression' && '+-'.includes(leftNode.operator.value);
    if (operator === '~' && this.#mixes && sum && typeof left !== 'string') {
      throw new Unsupported('it writes ~ behind + or -');
    }
    switch (operator) {
      case '==':
        return equal(left, right);
      case '!=':
        return !equal(left, right);
      case '<':
        return compare(left, right) < 0;
      case '>':
        return compare(left, right) > 0;
      case '<=':
        return compare(left, right) <= 0;
      case '>=':
        return compare(left, right) >= 0;
      case 'in':
        return contains(right, left);
      case 'not in':
        return !contains(right, left);
      case '~':
        return joined(text(left), text(right));
      default:
        return arithmetic(operator, left, right);
    }
  }

  #filtered(value: Value, node: Node, scope: Scope): Value {
    const name = nameOf(node.type === 'CallExpression' ? child(node, 'callee') : node);
    const [positional, named] = node.type === 'CallExpression' ? this.#arguments(node.args, scope) : [[], new Map()];
    return filtered(name, value, positional, named);
  }
}

function nameOf(node: Node): string {
  if (node.type === 'Identifier') return node.value as string;
  throw new Unsupported(`it uses ${node.type} where a name belongs`);
}

function unsupported(name: string): Callable {
  return new Callable(() => {
    throw new Unsupported(`it calls ${name}`);
  });
}

/** The variable `loop` of one iteration. */
function loopOf(items: readonly Value[], at: number): Namespace {
  const [index, rest] = [BigInt(at), BigInt(items.length - at)];
  return new Namespace(
    new Map<string, Value>([
      ['index', index + 1n],
      ['index0', index],
      ['revindex', rest],
      ['revindex0', rest - 1n],
      ['first', at === 0],
      ['last', rest === 1n],
      ['length', BigInt(items.length)],
      ['depth', 1n],
      ['depth0', 0n],
      ['cycle', unsupported('loop.cycle')],
      ['changed', unsupported('loop.changed')],
      ['previtem', found(items[at - 1], 'previtem')],
      ['nextitem', found(items[at + 1], 'nextitem')],
    ]),
  );
}
