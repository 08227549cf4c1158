/** Values that a number can take: from … to. */
type Range = readonly [from: number, to: number];

/** A formula that cannot be read, or not computed for all numbers that it is of. */
export class FormulaError extends Error {}

type Node =
  | { readonly number: number }
  | { readonly name: string }
  | { readonly operator: '+' | '-' | '*' | '/'; readonly left: Node; readonly right: Node };

/** Arithmetic on named numbers: `(1 - refusal) * (convincing + specific - 2) / 8`. */
export class Formula {
  /** Names in it, in the order in which they come up. */
  readonly names: readonly string[];
  readonly #root: Node;

  /** @throws FormulaError that says at which character it cannot be read */
  constructor(text: string) {
    const names = new Set<string>();
    this.#root = new Reader(text, names).whole();
    this.names = [...names];
  }

  /** @param numbers of all names, finite */
  value(numbers: Readonly<Record<string, number>>): number {
    return evaluate(this.#root, numbers);
  }

  /**
   * Bounds of the value by interval arithmetic, for numbers that lie anywhere in their ranges. Where a name comes up more
   * than once they may be wider than need be, never narrower.
   * @throws FormulaError where something may be divided by 0, or where a value may be beyond the range of f64
   */
  range(ranges: Readonly<Record<string, Range>>): Range {
    return rangeOf(this.#root, ranges);
  }
}

function evaluate(node: Node, numbers: Readonly<Record<string, number>>): number {
  if ('number' in node) return node.number;
  if ('name' in node) return numbers[node.name]!;
  const [left, right] = [evaluate(node.left, numbers), evaluate(node.right, numbers)];
  return operate(node.operator, left, right);
}

function rangeOf(node: Node, ranges: Readonly<Record<string, Range>>): Range {
  if ('number' in node) return [node.number, node.number];
  if ('name' in node) return ranges[node.name]!;
  const [left, right] = [rangeOf(node.left, ranges), rangeOf(node.right, ranges)];
  if (node.operator === '/' && right[0] <= 0 && right[1] >= 0) {
    throw new FormulaError(`it may divide by 0: a divisor lies between ${right[0]} and ${right[1]}`);
  }
  const ends = left.flatMap((a) => right.map((b) => operate(node.operator, a, b)));
  if (!ends.every(Number.isFinite)) throw new FormulaError('its value may be beyond the range of numbers');
  return [Math.min(...ends), Math.max(...ends)];
}

function operate(operator: '+' | '-' | '*' | '/', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
  }
}

/** Brackets and signs inside one another. */
const mostDepth = 100;

/** Recursive descent: sums of products of signed numbers, names and brackets. */
class Reader {
  readonly #token = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|([-+*/()]))/y;
  readonly #text: string;
  readonly #names: Set<string>;
  #at = 0;
  #depth = 0;
  #next: RegExpExecArray | null = null;

  constructor(text: string, names: Set<string>) {
    this.#text = text;
    this.#names = names;
    this.#advance();
  }

  whole(): Node {
    const node = this.#sum();
    if (this.#next !== null || this.#text.slice(this.#at).trim() !== '') this.#fail();
    return node;
  }

  #sum(): Node {
    let left = this.#product();
    for (let operator = this.#operator('+', '-'); operator; operator = this.#operator('+', '-')) {
      left = { operator, left, right: this.#product() };
    }
    return left;
  }

  #product(): Node {
    let left = this.#factor();
    for (let operator = this.#operator('*', '/'); operator; operator = this.#operator('*', '/')) {
      left = { operator, left, right: this.#factor() };
    }
    return left;
  }

  #factor(): Node {
    if (++this.#depth > mostDepth)
      throw new FormulaError(`it has more than ${mostDepth} brackets or signs inside one another`);
    const node = this.#atom();
    this.#depth--;
    return node;
  }

  #atom(): Node {
    const found = this.#next;
    if (found === null) return this.#fail();
    const [, number, name, symbol] = found;
    if (symbol !== undefined && symbol !== '(' && symbol !== '-') return this.#fail();
    this.#advance();
    if (number !== undefined) return { number: this.#finite(number) };
    if (name !== undefined) {
      this.#names.add(name);
      return { name };
    }
    if (symbol === '-') return { operator: '-', left: { number: 0 }, right: this.#factor() };
    const inside = this.#sum();
    if (this.#next?.[3] !== ')') return this.#fail();
    this.#advance();
    return inside;
  }

  #finite(text: string): number {
    const number = Number(text);
    if (!Number.isFinite(number)) throw new FormulaError(`${text.slice(0, 20)}… is beyond the range of numbers`);
    return number;
  }

  #operator<O extends '+' | '-' | '*' | '/'>(...operators: readonly O[]): O | undefined {
    const operator = operators.find((one) => one === this.#next?.[3]);
    if (operator !== undefined) this.#advance();
    return operator;
  }

  /** Takes the next token. */
  #advance(): void {
    this.#at += this.#next?.[0].length ?? 0;
    this.#token.lastIndex = this.#at;
    this.#next = this.#token.exec(this.#text);
  }

  #fail(): never {
    const rest = this.#text.slice(this.#at).trim();
    if (rest === '') throw new FormulaError('it ends where a number, a name or a bracket must follow');
    const character = this.#text.length - rest.length + 1;
    throw new FormulaError(`it cannot be read from character ${character} on: ${JSON.stringify(rest.slice(0, 40))}`);
  }
}
