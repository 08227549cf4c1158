import { parse, tokenize } from '@huggingface/jinja';
import { TemplateError, Unsupported } from './values.js';

/** A node of the library's syntax tree; which fields there are, its type says. */
export interface Node {
  readonly type: string;
  readonly value: unknown;
  readonly operator: { readonly value: string };
  readonly computed: boolean;
  readonly negate: boolean;
  readonly args: readonly Node[];
  readonly body: readonly Node[];
  readonly alternate: readonly Node[];
  readonly defaultBlock: readonly Node[];
  readonly start: Node | undefined;
  readonly stop: Node | undefined;
  readonly step: Node | undefined;
  readonly [child: string]: unknown;
}
type Child = 'test' | 'loopvar' | 'iterable' | 'assignee' | 'name' | 'object' | 'property' | 'callee' | 'left' | 'right' | 'operand' | 'filter' | 'lhs' | 'argument' | 'key' | 'condition' | 'trueExpr' | 'falseExpr'; // biome-ignore format: one line
export const child = (node: Node, name: Child | 'value'): Node => node[name] as Node;

export type ParsedTemplate = { readonly body: readonly Node[]; readonly mixes: boolean };

/**
 * Parses a chat template with the settings of transformers: the library reads, this folder computes as Python does.
 * @throws Error saying what is wrong with it
 */
export function parseTemplate(template: string): ParsedTemplate {
  // Jinja makes every line end one of its own.
  const tokens = tokenize(template.replace(/\r\n?/g, '\n'), { lstrip_blocks: true, trim_blocks: true });
  return { ...(parsed(tokens) as unknown as { body: readonly Node[] }), mixes: mixesOperators(tokens) };
}

/** The library reads on behind the last token where a block is not closed. */
function parsed(tokens: ReturnType<typeof tokenize>): ReturnType<typeof parse> {
  try {
    return parse(tokens);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new TemplateError('it ends before all that it opens is closed', { cause });
  }
}

/** Tokens between which nothing of an expression goes on. */
const borders = new Set([
  'Comma',
  'Equals',
  'Colon',
  'OpenStatement',
  'CloseStatement',
  'OpenExpression',
  'CloseExpression',
]);
const words = new Set(['and', 'or', 'if', 'else']);
const operators = new Set([...words, 'in', 'is', 'not']);

/**
 * The library reads comparisons in a row from the left, `~` as tightly as `+`, and `[1e5]` as two items; Jinja does none of it. The
 * first and the last are refused.
 * @returns whether somewhere `~` follows `+` or `-` without parentheses between
 */
function mixesOperators(tokens: readonly { readonly type: string; readonly value: string }[]): boolean {
  let mixes = false;
  let seen = { comparison: false, sum: false };
  const outer: (typeof seen)[] = [];
  for (const [at, { type, value }] of tokens.entries()) {
    if (type === 'Identifier' && !operators.has(value) && tokens[at - 1]?.type === 'NumericLiteral') {
      throw new Unsupported(`it writes the number ${tokens[at - 1]!.value}${value}`);
    }
    if (type.startsWith('Open')) outer.push(seen);
    if (type.startsWith('Open') || borders.has(type) || (type === 'Identifier' && words.has(value))) {
      seen = { comparison: false, sum: false };
    }
    if (type.startsWith('Close')) seen = outer.pop() ?? seen;
    if (type === 'ComparisonBinaryOperator' || (type === 'Identifier' && value === 'in')) {
      if (seen.comparison) throw new Unsupported('it compares in a row');
      seen = { comparison: true, sum: false };
    }
    if (type === 'AdditiveBinaryOperator') {
      if (value === '~') mixes ||= seen.sum;
      else seen = { ...seen, sum: true };
    }
  }
  return mixes;
}
