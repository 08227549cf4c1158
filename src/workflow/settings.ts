import { resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { assemblyKeys } from './assemble.js';
import { type DocumentNode, type MapNode, type ScalarNode, toPlain } from './document.js';
import { parseYamlValue } from './parse.js';
import { errorAt, suggestion } from './problems.js';
import { alternativesOf, applicableSchema, childSchema, dereference, type Schema, schemaOfResolved } from './schema.js';
import { type Place, SourceText, settingName } from './source-text.js';

/**
 * Applies `--set a.b=value`, one after the other. What begins with `[`, `{` or a quote is YAML (`[0.1, 0.2]` is a list),
 * unless the schema wants a text there; a number, true, false or null is itself; anything else is the text as it stands.
 * Only what exists can be set: a definition of the workflow, a key the schema knows.
 * @param folder absolute; relative paths of texts are relative to it: where the command is typed
 */
export async function applySettings(
  root: MapNode,
  settings: readonly (string | Assignment)[],
  folder = resolve('.'),
): Promise<{ readonly root: MapNode; readonly problems: readonly Diagnostic[] }> {
  const problems: Diagnostic[] = [];
  let current = root;
  for (const given of settings) {
    const setting = typeof given === 'string' ? Setting.ofText(given, folder) : Setting.ofValue(given);
    current = (await setting.apply(current)) ?? current;
    problems.push(...setting.problems);
  }
  return { root: current, problems };
}

/** A value that was written elsewhere: in a cell of a matrix. */
export interface Assignment {
  /** `params.lr` */
  readonly path: string;
  readonly key: Place;
  readonly value: ScalarNode;
}

class Setting {
  readonly problems: Diagnostic[] = [];
  readonly #source: SourceText;
  readonly #path: readonly string[];
  /** Offset of the path. */
  readonly #start: number;
  /** Offset of what follows the first `=`; −1 without one. */
  readonly #from: number;
  readonly #given: ScalarNode | undefined;

  private constructor(source: SourceText, path: string, at: { start: number; from: number; given?: ScalarNode }) {
    this.#source = source;
    this.#path = path.split('.');
    this.#start = at.start;
    this.#from = at.from;
    this.#given = at.given;
  }

  static ofText(text: string, folder: string): Setting {
    const from = text.indexOf('=') + 1 || -1;
    const source = new SourceText(settingName, folder, text);
    return new Setting(source, text.slice(0, Math.max(0, from - 1)), { start: 0, from });
  }

  static ofValue({ path, key, value }: Assignment): Setting {
    return new Setting(key.source, path, { start: key.start, from: value.place.start, given: value });
  }

  async apply(root: MapNode): Promise<MapNode | undefined> {
    if (this.#from < 0 || this.#path.includes('')) {
      const place = { source: this.#source, start: 0, end: this.#source.text.length };
      const { text } = this.#source;
      const message = this.#from < 0 ? `--set ${text} gives no value` : `--set ${text} gives no place for its value`;
      const hint = 'Write --set PLACE=VALUE, for example: --set params.lr=1e-4';
      this.problems.push(errorAt(place, { code: 'invalid-setting', message, hint }));
      return undefined;
    }
    if ((assemblyKeys as readonly string[]).includes(this.#path[0]!) || this.#path[0] === 'runflow') {
      const message = `${this.#path[0]} cannot be set`;
      const hint = assemblyHints[this.#path[0]!];
      this.problems.push(errorAt(this.#keyPlace(0), { code: 'invalid-setting', message, hint }));
      return undefined;
    }
    return (await this.#set(root, schemaOfResolved(), 0)) as MapNode | undefined;
  }

  /** `node` with the value put in below it, or undefined after a problem. */
  async #set(node: DocumentNode | undefined, schema: Schema, depth: number): Promise<DocumentNode | undefined> {
    const key = this.#path[depth];
    if (key === undefined) return this.#value(schema);
    const place = this.#keyPlace(depth);
    const parent: DocumentNode =
      node === undefined || (node.kind === 'scalar' && node.value === null)
        ? { kind: 'map', entries: new Map(), place }
        : node;
    const plain = toPlain(parent);
    const inner = childSchema(schema, plain, key);
    if (parent.kind === 'list') {
      const item = /^\d{1,6}$/.test(key) ? parent.items[Number(key)] : undefined;
      if (item === undefined || inner === undefined) {
        return this.#unknown(depth, `the list has ${parent.items.length} items, counted from 0`);
      }
      const value = await this.#set(item, inner, depth + 1);
      return value && { ...parent, items: parent.items.with(Number(key), value) };
    }
    if (parent.kind === 'scalar') return this.#unknown(depth, 'this is a single value, with nothing below it');
    const existing = parent.entries.get(key);
    const properties = Object.keys(applicableSchema(schema, plain)?.properties ?? {});
    if (inner === undefined || (existing === undefined && !properties.includes(key))) {
      const known = new Set([...properties, ...parent.entries.keys()]);
      for (const assemblyKey of depth === 0 ? [...assemblyKeys, 'runflow'] : []) known.delete(assemblyKey);
      return this.#unknown(depth, this.#otherForm(schema, depth) ?? suggestion(key, known));
    }
    const value = await this.#set(existing?.value, inner, depth + 1);
    return value && { ...parent, entries: new Map([...parent.entries, [key, { key: place, value }]]) };
  }

  async #value(schema: Schema): Promise<DocumentNode | undefined> {
    if (this.#given !== undefined) {
      // Known by its origin to have come from elsewhere: where a text is wanted it is one.
      const { written, place } = this.#given;
      return isText(schema) && written !== undefined
        ? { kind: 'scalar', value: written, place }
        : { ...this.#given, origin: place };
    }
    const { text } = this.#source;
    const place = { source: this.#source, start: this.#from, end: text.length };
    const value = text.slice(this.#from);
    const asItStands = { kind: 'scalar', value, place } as const;
    if (isText(schema)) return asItStands;
    if (value.trim() === '') {
      const message = `${this.#path.join('.')} is set to nothing`;
      const hint = `Give a value; '' is the empty text: --set "${this.#path.join('.')}=''"`;
      this.problems.push(errorAt(this.#keyPlace(0), { code: 'invalid-setting', message, hint }));
      return undefined;
    }
    const parsed = await parseYamlValue(this.#source, this.#from, { comments: false });
    if (parsed.ok && (/^["'[{]/.test(value) || wordOf(parsed.value) === value)) return parsed.value;
    if (parsed.ok || (!/^["'[{]/.test(value) && parsed.diagnostics[0]!.code !== 'invalid-number')) return asItStands;
    const hint = `A text that begins with ${value[0]} stands in quotes, inside those of the shell.`;
    this.problems.push(...parsed.diagnostics.map((problem) => ({ hint, ...problem })));
    return undefined;
  }

  /** A key of another form of the same definition: both together would be neither. */
  #otherForm(schema: Schema, depth: number): string | undefined {
    const key = this.#path[depth]!;
    const forms = alternativesOf(dereference(schema)).map(({ name }) => dereference({ $ref: `#/$defs/${name}` }));
    if (!forms.some(({ properties }) => Object.hasOwn(properties ?? {}, key))) return undefined;
    const whole = this.#path.slice(0, depth).join('.');
    return `It is made in another way, to which ${key} does not belong. Set it whole: --set '${whole}={ ${key}: … }'`;
  }

  #unknown(depth: number, hint: string | undefined): undefined {
    const path = this.#path.slice(0, depth + 1).join('.');
    const message = `there is no ${path} to set`;
    this.problems.push(errorAt(this.#keyPlace(depth), { code: 'unknown-key', message, hint }));
    return undefined;
  }

  #keyPlace(depth: number): Place {
    const start = this.#path.slice(0, depth).reduce((length, segment) => length + segment.length + 1, this.#start);
    return { source: this.#source, start, end: start + this.#path[depth]!.length };
  }
}

const assemblyHints: Readonly<Record<string, string>> = {
  profile: 'Use --profile NAME.',
  profiles: 'Use --profile NAME.',
  matrix: 'Use --matrix AXIS=VALUE,….',
};

/** How a number, a truth value or null is written; undefined of anything else. */
function wordOf(node: DocumentNode): string | undefined {
  if (node.kind !== 'scalar') return undefined;
  return node.value === null ? node.place.source.text.slice(node.place.start, node.place.end) : node.written;
}

/** True where the schema takes a text and nothing else: `--set name=1e5` is then the name "1e5". */
function isText(schema: Schema): boolean {
  const { type, enum: allowed } = dereference(schema);
  return type === 'string' || (allowed?.every((value) => typeof value === 'string') ?? false);
}
