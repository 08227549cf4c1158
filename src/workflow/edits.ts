import { dirname, relative } from 'node:path';
import { sameJson } from '../formats/json.js';
import { childOf, type DocumentNode, type MapEntry, type MapNode, type Path, toPlain } from './document.js';
import { keysOf, nodeText, pathText } from './fields.js';
import { cellName, rangeOf, settingName } from './source-text.js';
import { semanticsOption } from './written.js';

/** One field, or one whole definition, that two documents of a workflow do not have in common. */
export interface FieldEdit {
  /** Keys and list indices from the root: `recipes`, `full`, `lr`. */
  readonly path: Path;
  /** Entry of the document before; absent where it was not given. For a list item the key is the item's own place. */
  readonly before?: MapEntry;
  readonly after?: MapEntry;
}

/**
 * Everything in which two documents differ, as deep as both are mappings, or lists of as many items one of which is a
 * mapping; in the order of the later document, what it lost last. A section that came or went is told by what is in it.
 */
export function editsBetween(before: MapNode, after: MapNode): FieldEdit[] {
  const edits: FieldEdit[] = [];
  const pending: FieldEdit[] = [{ path: [], before: entryOf(before), after: entryOf(after) }];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const isSection = pair.path.length === 1;
    const old = pair.before?.value ?? (isSection ? emptyLike(pair.after?.value) : undefined);
    const now = pair.after?.value ?? (isSection ? emptyLike(pair.before?.value) : undefined);
    if (old === undefined || now === undefined || !isComparable(old, now)) {
      if (!sameNode(old, now)) edits.push(pair);
      continue;
    }
    for (const key of [...new Set([...keysOf(now), ...keysOf(old)])].reverse()) {
      const [then, here] = [memberOf(old, key), memberOf(now, key)];
      pending.push({ path: [...pair.path, key], ...(then && { before: then }), ...(here && { after: here }) });
    }
  }
  return edits;
}

/** The later document with some edits taken back. */
export function without(after: MapNode, edits: readonly FieldEdit[]): MapNode {
  return edits.reduce((document, { path, before }) => withEntry(document, path, before) as MapNode, after);
}

function withEntry(node: DocumentNode, [key, ...below]: Path, entry: MapEntry | undefined): DocumentNode {
  if (node.kind === 'scalar' || key === undefined) return node;
  const child = childOf(node, key) ?? (entry === undefined ? undefined : emptyLike(node));
  const inner = below.length === 0 ? entry?.value : child && withEntry(child, below, entry);
  // A section without anything in it is not written.
  const value = below.length === 1 && inner?.kind === 'map' && inner.entries.size === 0 ? undefined : inner;
  if (node.kind === 'list') {
    return value === undefined ? node : { ...node, items: node.items.with(Number(key), value) };
  }
  const entries = new Map(node.entries);
  if (value === undefined) entries.delete(key);
  else entries.set(key, { key: entry?.key ?? node.entries.get(key)?.key ?? value.place, value });
  return { ...node, entries };
}

/** A field edit in the words of whoever wrote the workflow. */
export interface EditText {
  /** `lr`, `judge.rubric`, `terms[1].times`; undefined of a definition or section that came or went as a whole. */
  readonly field?: string;
  /** `recipes.full`, `params`; undefined of a field of the workflow itself. */
  readonly of?: string;
  /** Values as they were written; undefined: not given. */
  readonly before?: string;
  readonly after?: string;
  /** Line of the later document; undefined where the value is not given any more, or by no file. */
  readonly line?: number;
  /** File of the line, from the workflow's folder; undefined when it is the workflow itself. */
  readonly file?: string;
  /** What gives the value where no file does: an option of the command line, or `the matrix`. */
  readonly option?: string;
}

/** @param workflowFile the later workflow's own file; absolute */
export function editText({ path, before, after }: FieldEdit, workflowFile: string): EditText {
  const isOneSided = before === undefined || after === undefined;
  const isWhole = path.length <= 2 && isOneSided && [before, after].some((entry) => entry?.value.kind === 'map');
  const depth = isWhole ? path.length : path.length === 1 ? 0 : path.length === 2 ? 1 : 2;
  const of = path.slice(0, depth).join('.');
  return {
    ...(isWhole ? {} : { field: pathText(path.slice(depth)) }),
    ...(of === '' ? {} : { of }),
    ...(before === undefined ? {} : { before: nodeText(before.value) }),
    ...(after === undefined ? {} : { after: nodeText(after.value), ...placeText(after, workflowFile) }),
  };
}

/** `lr 1e-3 → 3e-4, recipes.full line 12`. @param most characters of a value; more are cut out of its middle */
export function editLine(edit: EditText, most = 60): string {
  const { field, of, before, after, line, file, option } = edit;
  const at = line === undefined ? '' : `line ${line}${file === undefined ? '' : ` of ${file}`}`;
  const by = option === undefined ? at : `by ${option}`;
  if (field === undefined) {
    const what = before === undefined ? 'added' : 'removed';
    return `${of} ${what}${by === '' ? '' : `, ${by}`}`;
  }
  const place = [of, by].filter((part) => part !== undefined && part !== '').join(' ');
  return `${field} ${shortened(before, most)} → ${shortened(after, most)}${place === '' ? '' : `, ${place}`}`;
}

function shortened(text: string | undefined, most: number): string {
  if (text === undefined) return 'not given';
  const head = Math.ceil((most - 1) * 0.7);
  return text.length <= most ? text : `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}

function placeText({ key, value }: MapEntry, workflowFile: string): Pick<EditText, 'line' | 'file' | 'option'> {
  // A block that begins below its key is found by the key.
  const place = value.kind === 'scalar' ? value.place : key;
  const { name } = place.source;
  if ([settingName, semanticsOption, cellName].includes(name)) return { option: name };
  const file = relative(dirname(workflowFile), name);
  const line = rangeOf(place).start.line;
  return name === workflowFile ? { line } : { line, file };
}

/** An empty mapping in the place of another one. */
function emptyLike(node: DocumentNode | undefined): MapNode | undefined {
  return node?.kind === 'map' ? { ...node, entries: new Map() } : undefined;
}

function entryOf(value: MapNode): MapEntry {
  return { key: value.place, value };
}

function memberOf(node: DocumentNode, key: string): MapEntry | undefined {
  if (node.kind === 'map') return node.entries.get(key);
  const item = childOf(node, key);
  return item === undefined ? undefined : { key: item.place, value: item };
}

function isComparable(a: DocumentNode, b: DocumentNode): boolean {
  if (a.kind === 'map') return b.kind === 'map';
  if (a.kind !== 'list' || b.kind !== 'list' || a.items.length !== b.items.length) return false;
  return [...a.items, ...b.items].some(({ kind }) => kind === 'map');
}

function sameNode(a: DocumentNode | undefined, b: DocumentNode | undefined): boolean {
  return a !== undefined && b !== undefined && sameJson(toPlain(a), toPlain(b));
}
