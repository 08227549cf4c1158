import { didYouMean as asked, nearest } from '../diagnostics/nearest.js';
import type { Json } from '../formats/json.js';
import type { DocumentNode } from './document.js';
import type { Schema } from './schema.js';

/** How messages speak of values, types and alternatives. */

export function hasKey(value: Json, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

export function hintOf(hint: string | undefined): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}

export function didYouMean(given: string, known: readonly string[]): string | undefined {
  const meant = nearest(given, known);
  return meant === undefined ? undefined : asked(given, meant);
}

export function listOf(before: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const last = names.at(-1);
  return `${before} ${names.length === 1 ? last : `${names.slice(0, -1).join(', ')} or ${last}`}.`;
}

export function exampleOf(key: string | undefined, schema: Schema): string | undefined {
  const example = schema.examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0];
  if (example === undefined || key === undefined) return undefined;
  return `For example: ${/^\d+$/.test(key) ? '' : `${key}: `}${flow(example)}`;
}

/** JSON as a person would write it in YAML. */
function flow(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${flow(key)}: ${flow(inner)}`)
      .join(', ')} }`;
  }
  return typeof value === 'string' && readsAsItself.test(value) && !readsAsOther.test(value)
    ? value
    : JSON.stringify(value);
}

/** Texts that need no quotes anywhere in YAML. */
const readsAsItself = /^[\w./][\w ./-]*(?<! )$/;
/** Words that YAML would read as something else than a text. */
const readsAsOther = /^(\.|[\d.]+([eE][-+]?\d+)?|0x[\da-f]+|0o[0-7]+|true|false|null|\.(nan|inf)|---.*)$/i;

export function shown(value: Json): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

const typeWords: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'empty',
};

export function typeNames(types: unknown): string {
  const names = (Array.isArray(types) ? types : String(types).split(',')) as string[];
  return names.map((type) => typeWords[type] ?? type).join(' or ');
}

const bounds: Readonly<Record<string, string>> = {
  minimum: 'at least',
  maximum: 'at most',
  exclusiveMinimum: 'above',
  exclusiveMaximum: 'below',
};

export function bound(keyword: string): string {
  return bounds[keyword] ?? keyword;
}

export function nameRule(pattern: string | undefined): string {
  if (pattern?.startsWith('^[A-Za-z_]')) {
    return 'A name begins with a letter or "_" and holds letters, digits and "_", 64 at most.';
  }
  const more = pattern?.includes('._-') ? '".", "-" and "_"' : '"-" and "_"';
  return `A name begins with a letter or digit and holds letters, digits, ${more}, 64 at most.`;
}

/** `1 item`, `3 items` */
export function countText(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A node as a person would call it. */
export function kindText(node: DocumentNode): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a mapping';
  return node.value === '' ? 'an empty text' : shown(node.value);
}

export function patternHint(schema: Schema): string | undefined {
  if (schema.examples !== undefined) return `For example: ${schema.examples.map(flow).join(', ')}`;
  return schema.pattern === undefined ? undefined : nameRule(schema.pattern);
}
