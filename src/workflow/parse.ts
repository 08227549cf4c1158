import type { Alias, CST, Document, Pair, Scalar, Node as YamlNode } from 'yaml';
import type { Diagnostic, Result } from '../diagnostics/diagnostic.js';
import type { DocumentNode, MapEntry, MapNode } from './document.js';
import { rangeOf, type SourceText } from './source-text.js';

/**
 * Bounds on one text. A workflow is untrusted: a parser must never hang, exhaust memory or overflow its stack on it.
 * `characters` is checked by parse too: who reads a file must not read more than that many bytes of it.
 */
export const limits = { characters: 64 * 1024, depth: 24, aliases: 100, nodes: 20_000 } as const;

/**
 * Parses one YAML 1.2 document (core schema) whose root is a mapping. Refused, because they are traps in a file that
 * decides an experiment: tags, directives, further documents, duplicate keys, cyclic aliases, numbers that a double
 * cannot hold. Anchors, aliases and `<<` work, within `limits`.
 */
export async function parseYaml(source: SourceText): Promise<Result<MapNode>> {
  const parsed = await parseYamlValue(source);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind === 'map') return { ok: true, value: parsed.value, warnings: [] };
  const what = parsed.value.kind === 'list' ? 'a list' : 'a single value';
  const empty = parsed.value.kind === 'scalar' && parsed.value.value === null;
  return failure(source, 0, 0, {
    code: 'not-a-mapping',
    message: empty ? 'the file is empty' : `a workflow is a mapping of sections, not ${what}`,
    hint: 'Begin with "runflow: 1"; `runflow init` writes an example.',
  });
}

/**
 * What can be read of a text that is being written: brackets may be open, keys given twice. Undefined where that is no mapping,
 * or the text has what is never read.
 */
export async function recoveredYaml(source: SourceText): Promise<MapNode | undefined> {
  const parsed = await parseYamlValue(source, 0, { recover: true });
  return parsed.ok && parsed.value.kind === 'map' ? parsed.value : undefined;
}

/** The same for any value: the text of a `--set` from an offset on. `comments`: false refuses them; `recover`: reads past errors. */
export async function parseYamlValue(
  source: SourceText,
  from = 0,
  { comments = true, recover = false }: { readonly comments?: boolean; readonly recover?: boolean } = {},
): Promise<Result<DocumentNode>> {
  const text = ' '.repeat(from) + source.text.slice(from);
  if (text.length > limits.characters) {
    return failure(source, 0, 0, {
      code: 'too-large',
      message: `the text has ${text.length} characters; at most ${limits.characters} are read`,
      hint: 'Move parts of it to files that are included.',
    });
  }
  const alone = /\r(?!\n)/.exec(text)?.index;
  if (alone !== undefined) {
    return failure(source, alone, alone + 1, {
      code: 'line-end',
      message: 'a carriage return without a line feed: YAML ends a line there, many tools do not',
      hint: 'Save the file with \\n or \\r\\n at the end of every line; within quotes, write \\r.',
    });
  }
  // Imported here so that commands which read no workflow do not pay for it.
  const yaml = await import('yaml');
  const tokens = [...new yaml.Parser().parse(text)];
  const refused = refusedSyntax(tokens, source, comments);
  if (refused.length > 0) return { ok: false, diagnostics: refused };
  const options = { uniqueKeys: false, stringKeys: true, prettyErrors: false, logLevel: 'silent' } as const;
  const [document, further] = [...new yaml.Composer(options).compose(tokens, true, text.length)];
  if (further !== undefined) {
    const [start] = further.range;
    return failure(source, start, start, {
      code: 'many-documents',
      message: 'a file holds one workflow, but here a second document begins',
    });
  }
  const problems = syntaxErrors(document!, source);
  if (problems.length > 0 && !recover) return { ok: false, diagnostics: problems };
  return new Converter(source, yaml).convert(document!, recover);
}

/** One a line: what follows the first is mostly its consequence. */
function syntaxErrors(document: Document.Parsed, source: SourceText): Diagnostic[] {
  const found = new Map<number, Diagnostic>();
  for (const { message, pos } of document.errors) {
    const range = source.range(pos[0], pos[1]);
    if (found.has(range.start.line)) continue;
    const hint = range.excerpt?.includes('${') ? 'Inside { } and [ ] a reference needs quotes around it.' : undefined;
    const problem = { severity: 'error', code: 'yaml-syntax', message: withoutCapital(message), range } as const;
    found.set(range.start.line, hint === undefined ? problem : { ...problem, hint });
  }
  return [...found.values()];
}

/** Tags, directives, nesting and aliases are judged on the flat tokens, before anything recursive sees the text. */
function refusedSyntax(tokens: readonly CST.Token[], source: SourceText, comments: boolean): Diagnostic[] {
  const found: Diagnostic[] = [];
  const refuse = (start: number, end: number, problem: Omit<Diagnostic, 'severity' | 'range'>) =>
    found.push({ severity: 'error', ...problem, range: source.range(start, end) });
  let aliases = 0;
  const stack: { token: CST.Token; depth: number }[] = tokens.toReversed().map((token) => ({ token, depth: 0 }));
  while (stack.length > 0) {
    const { token, depth } = stack.pop()!;
    if (token.type === 'comment' && !comments) {
      refuse(token.offset, token.offset + token.source.length, {
        code: 'comment',
        message: 'what follows # would be left out as a comment',
        hint: 'Remove it, or put the text into quotes.',
      });
    } else if (token.type === 'directive') {
      refuse(token.offset, token.offset + token.source.length, {
        code: 'yaml-directive',
        message: 'directives are not read',
        hint: 'Remove the line: workflows are YAML 1.2.',
      });
    } else if (token.type === 'tag') {
      refuse(token.offset, token.offset + token.source.length, {
        code: 'yaml-tag',
        message: `tags such as ${token.source} are not read`,
        hint: 'Remove it; write quotes around a text that looks like a number.',
      });
    } else if (token.type === 'alias' && ++aliases === limits.aliases + 1) {
      refuse(token.offset, token.offset + token.source.length, {
        code: 'too-many-aliases',
        message: `more than ${limits.aliases} aliases`,
        hint: 'Write the value once under params and refer to it.',
      });
    }
    const inner = 'items' in token ? depth + 1 : depth;
    if (inner > limits.depth) {
      refuse(token.offset, token.offset + 1, { code: 'too-deep', message: `nested more than ${limits.depth} deep` });
      break;
    }
    for (const child of childrenOf(token).toReversed()) stack.push({ token: child, depth: inner });
  }
  return found;
}

function childrenOf(token: CST.Token): CST.Token[] {
  const behind = 'end' in token && Array.isArray(token.end) ? token.end : [];
  if (token.type === 'document') return [...token.start, ...(token.value ? [token.value] : []), ...behind];
  if (!('items' in token)) return behind;
  const children: CST.Token[] = [...behind];
  for (const { start, key, sep, value } of token.items) {
    children.push(...start);
    if (key) children.push(key);
    if (sep) children.push(...sep);
    if (value) children.push(value);
  }
  return children;
}

/** Turns yaml's nodes into ours: aliases followed, `<<` merged, keys unique, numbers exact. */
class Converter {
  readonly #source: SourceText;
  readonly #yaml: typeof import('yaml');
  readonly #problems: Diagnostic[] = [];
  readonly #anchors = new Map<string, DocumentNode | 'open'>();
  #nodes = 0;

  constructor(source: SourceText, yaml: typeof import('yaml')) {
    this.#source = source;
    this.#yaml = yaml;
  }

  convert(document: Document.Parsed, recover: boolean): Result<DocumentNode> {
    const root = this.#node(document.contents, 0);
    if (this.#problems.length > 0 && !recover) return { ok: false, diagnostics: this.#problems };
    return { ok: true, value: root, warnings: [] };
  }

  #refuse(start: number, end: number, problem: Omit<Diagnostic, 'severity' | 'range'>): void {
    this.#problems.push({ severity: 'error', ...problem, range: this.#source.range(start, end) });
  }

  /** Counts values, those behind aliases as often as they are repeated; false once there are too many. */
  #count(values: number, { start, end }: { readonly start: number; readonly end: number }): boolean {
    const before = this.#nodes;
    this.#nodes += values;
    if (this.#nodes <= limits.nodes) return true;
    if (before <= limits.nodes) {
      this.#refuse(start, end, { code: 'too-large', message: `more than ${limits.nodes} values` });
    }
    return false;
  }

  /** `at`: where a node that is not written (`key:` and nothing) would stand. */
  #node(node: YamlNode | null, at: number): DocumentNode {
    const [start, end] = node?.range ?? [at, at];
    const place = { source: this.#source, start, end };
    const nothing: DocumentNode = { kind: 'scalar', value: null, place };
    if (!this.#count(1, place)) return nothing;
    if (node === null) return nothing;
    if (this.#yaml.isAlias(node)) return this.#alias(node, start, end) ?? nothing;
    const { anchor } = node as { anchor?: string };
    if (anchor) this.#anchors.set(anchor, 'open');
    const converted = this.#yaml.isMap<YamlNode, YamlNode | null>(node)
      ? this.#map(node.items, place)
      : this.#yaml.isSeq<YamlNode | null>(node)
        ? { kind: 'list' as const, items: node.items.map((item) => this.#node(item, start)), place }
        : this.#scalar(node as Scalar, place);
    if (anchor) this.#anchors.set(anchor, converted);
    return converted;
  }

  #map(pairs: readonly Pair<YamlNode, YamlNode | null>[], place: MapNode['place']): MapNode {
    const entries = new Map<string, MapEntry>();
    const merged: MapEntry[] = [];
    for (const pair of pairs) {
      const [start, end] = pair.key.range!;
      const key = { source: this.#source, start, end };
      const name = this.#yaml.isScalar(pair.key) ? String(pair.key.value ?? '') : '';
      const value = this.#node(pair.value, end);
      const earlier = entries.get(name);
      if (name === '' || name === '__proto__') {
        this.#refuse(start, end, {
          code: 'invalid-key',
          message: name === '' ? 'a key is missing' : `the key ${name} is reserved`,
        });
      } else if (earlier !== undefined || (name === '<<' && merged.length > 0)) {
        const first = earlier?.key ?? merged[0]!.key;
        this.#refuse(start, end, {
          code: 'duplicate-key',
          message: `the key "${name}" is given twice`,
          hint: 'Keep one of them.',
          related: [{ message: 'first given here', range: rangeOf(first) }],
        });
      } else if (name === '<<') merged.push({ key, value });
      else entries.set(name, { key, value });
    }
    for (const entry of merged) this.#merge(entry, entries);
    return { kind: 'map', entries, place };
  }

  /** What `<<` brings in gives way to what is written out; of several, the first wins. */
  #merge({ key, value }: MapEntry, entries: Map<string, MapEntry>): void {
    for (const from of value.kind === 'list' ? value.items : [value]) {
      if (from.kind !== 'map') {
        this.#refuse(key.start, key.end, {
          code: 'invalid-merge',
          message: '<< takes a mapping or a list of mappings',
        });
        return;
      }
      if (!this.#count(from.entries.size, key)) return;
      for (const [name, entry] of from.entries) if (!entries.has(name)) entries.set(name, entry);
    }
  }

  #alias(alias: Alias, start: number, end: number): DocumentNode | undefined {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#refuse(start, end, { code: 'unknown-anchor', message: `no anchor &${alias.source} stands before this` });
      return undefined;
    }
    if (target === 'open') {
      this.#refuse(start, end, { code: 'cyclic-alias', message: `*${alias.source} stands inside what it stands for` });
      return undefined;
    }
    return this.#count(sizeOf(target, limits.nodes), { start, end }) ? target : undefined;
  }

  #scalar({ value, source }: Scalar, place: MapNode['place']): DocumentNode {
    if (typeof value === 'number') {
      const problem = numberProblem(value, source!);
      if (problem !== undefined) {
        this.#refuse(place.start, place.end, { code: 'invalid-number', message: problem });
      }
      // −0 and 0 are one number to whoever wrote it.
      return { kind: 'scalar', value: value === 0 ? 0 : value, written: source!, place };
    }
    if (typeof value === 'boolean') return { kind: 'scalar', value, written: source!, place };
    if (typeof value === 'string') {
      if (/\p{Surrogate}/u.test(value)) {
        const message = 'half of a surrogate pair, which is not a character';
        this.#refuse(place.start, place.end, {
          code: 'invalid-value',
          message,
          hint: 'Write the whole: "\\U0001F642".',
        });
      }
      return { kind: 'scalar', value, place };
    }
    return { kind: 'scalar', value: null, place };
  }
}

/** Why a number must not be used: a double would silently be another number than the one written. */
function numberProblem(value: number, written: string): string | undefined {
  if (Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value))
    return /inf/i.test(written) ? 'infinity is not a value' : `${written} is too large a number`;
  const isIntegerLiteral = /^[-+]?\d+$|^0[xo]/.test(written);
  if (isIntegerLiteral && !Number.isSafeInteger(value)) return `${written} has more digits than a number can hold`;
  if (value === 0 && /[1-9]/.test(written.replace(/e.*$/i, ''))) return `${written} is too small a number`;
  return undefined;
}

/** Values in a tree, counted no further than `most`. */
function sizeOf(node: DocumentNode, most: number): number {
  let size = 0;
  const stack = [node];
  while (stack.length > 0 && size < most) {
    const next = stack.pop()!;
    size++;
    if (next.kind === 'list') stack.push(...next.items);
    else if (next.kind === 'map') for (const { value } of next.entries.values()) stack.push(value);
  }
  return size;
}

function failure(
  source: SourceText,
  start: number,
  end: number,
  problem: Omit<Diagnostic, 'severity' | 'range'>,
): Result<never> {
  return { ok: false, diagnostics: [{ severity: 'error', ...problem, range: source.range(start, end) }] };
}

/** yaml's messages begin with a capital; those of runflow do not. */
function withoutCapital(message: string): string {
  return message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
