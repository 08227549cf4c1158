import type { Json } from '../formats/json.js';
import type { Place } from './source-text.js';

/** A workflow's text as a tree in which every key and value knows where it was written. */
export type DocumentNode = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly place: Place;
  /** A number or truth value as it was written: `1.10`, `0x10`. */
  readonly written?: string;
  /** Place where the value was written, when `place` holds only a reference to it. */
  readonly origin?: Place;
  /** Folder of the text that gives the value's first character, when that is not the text at `place`. */
  readonly folder?: string;
  /** An absolute path that a reference put behind the beginning of this text, where a folder ends. */
  readonly inner?: string;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly DocumentNode[];
  readonly place: Place;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly place: Place;
}

export interface MapEntry {
  readonly key: Place;
  readonly value: DocumentNode;
}

/** Absolute folder that a relative path in this scalar is relative to. */
export function folderOf(node: ScalarNode): string {
  return node.folder ?? node.place.source.folder;
}

/** Keys and list indices from the root. */
export type Path = readonly string[];

export function toPlain(node: DocumentNode): Json {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, toPlain(value)]));
}

/** The child of a node by key or list index. */
export function childOf(node: DocumentNode, segment: string): DocumentNode | undefined {
  if (node.kind === 'map') return node.entries.get(segment)?.value;
  if (node.kind === 'list' && /^\d{1,6}$/.test(segment)) return node.items[Number(segment)];
  return undefined;
}

export function nodeAt(root: DocumentNode, path: Path): DocumentNode | undefined {
  let node: DocumentNode | undefined = root;
  for (const segment of path) node = node && childOf(node, segment);
  return node;
}

/** The tree with another value at `path`, which must exist. */
export function replaceAt(node: DocumentNode, [key, ...below]: Path, value: DocumentNode): DocumentNode {
  if (key === undefined || node.kind === 'scalar') return value;
  if (node.kind === 'list') {
    return { ...node, items: node.items.with(Number(key), replaceAt(node.items[Number(key)]!, below, value)) };
  }
  const entry = node.entries.get(key)!;
  const entries = new Map(node.entries).set(key, { ...entry, value: replaceAt(entry.value, below, value) });
  return { ...node, entries };
}

/** Place where the value at `path` was written, or its nearest ancestor when there is no such value. */
export function valuePlace(root: DocumentNode, path: Path): Place {
  let node = root;
  let place = root.place;
  for (const segment of path) {
    const child = childOf(node, segment);
    if (child === undefined) return place;
    // A block that starts on the line after its key is better shown by the key.
    const key = node.kind === 'map' ? node.entries.get(segment)?.key : undefined;
    place = key !== undefined && child.kind !== 'scalar' && startsBelow(key, child.place) ? key : child.place;
    if (place.start === place.end && key !== undefined) place = key;
    node = child;
  }
  return place;
}

/** Place where the key at `path` was written; for a list item, that of the item. */
export function keyPlace(root: DocumentNode, path: Path): Place {
  const parent = nodeAt(root, path.slice(0, -1));
  const key = parent?.kind === 'map' ? parent.entries.get(path.at(-1)!)?.key : undefined;
  return key ?? valuePlace(root, path);
}

function startsBelow(key: Place, value: Place): boolean {
  return key.source !== value.source || key.source.text.slice(key.start, value.start).includes('\n');
}
