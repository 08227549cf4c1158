import type { DocumentNode, MapEntry, MapNode } from './document.js';

/** A file of a workflow, and what it includes: weakest first, as listed, each once. */
export interface FileLayer {
  /** Name in messages. */
  readonly name: string;
  readonly document: MapNode;
  readonly includes: readonly Included[];
}

export interface Included {
  readonly layer: FileLayer;
  /** Place that asks for it; undefined for the workflow itself. */
  readonly node?: DocumentNode;
}

/** Two layers that give one thing, each of which is to win over the other. */
export interface Dispute {
  readonly first: FileLayer;
  readonly second: FileLayer;
  /** `params.lr` */
  readonly key: string;
  /** Place where the second is listed behind the first. */
  readonly node: DocumentNode | undefined;
}

/**
 * Layers from weakest to strongest, each once, however often it is included. Two rules decide: a file is stronger than
 * all that it includes, and, in a list of includes, than those before it. Where they contradict each other the first
 * one holds, and what both files give is in dispute: whichever came out on top, an override would be lost.
 * `tops`: the workflow, and its profile if that is a file.
 */
export function layersInOrder(tops: readonly Included[]): {
  readonly order: readonly FileLayer[];
  readonly disputes: readonly Dispute[];
} {
  const found = new Set<FileLayer>();
  for (const { layer } of tops) visit(layer, found);
  const lists = [tops, ...[...found].map(({ includes }) => includes)];
  const order: FileLayer[] = [];
  const waiting = new Set(found);
  const isPlaced = ({ layer }: Included) => !waiting.has(layer);
  while (waiting.size > 0) {
    const ready = [...waiting].filter(({ includes }) => includes.every(isPlaced));
    // In every list that holds it, all before it have their place.
    const isNext = (layer: FileLayer) =>
      lists.every((list) => {
        const index = list.findIndex((included) => included.layer === layer);
        return list.slice(0, Math.max(0, index)).every(isPlaced);
      });
    const next = ready.find(isNext) ?? ready[0]!;
    waiting.delete(next);
    order.push(next);
  }
  return { order, disputes: lists.flatMap((list) => disputesOf(list, order)) };
}

/** Adds a layer behind all that it includes. */
function visit(layer: FileLayer, found: Set<FileLayer>): void {
  if (found.has(layer)) return;
  for (const included of layer.includes) visit(included.layer, found);
  found.add(layer);
}

/** Entries of a list that stand in another order than they are listed, and give the same. */
function disputesOf(list: readonly Included[], order: readonly FileLayer[]): Dispute[] {
  const disputes: Dispute[] = [];
  for (const [index, { layer: second, node }] of list.entries()) {
    for (const { layer: first } of list.slice(0, index)) {
      if (order.indexOf(first) <= order.indexOf(second)) continue;
      const keys = new Set(keysOf(first.document));
      const all = new Set<FileLayer>();
      visit(second, all);
      const key = [...all].flatMap(({ document }) => keysOf(document)).find((given) => keys.has(given));
      if (key !== undefined) disputes.push({ first, second, key, node });
    }
  }
  return disputes;
}

/** What a document gives: `seed`, `models.base`. The version is in every file. */
function keysOf(document: MapNode): string[] {
  return [...document.entries].flatMap(([section, { value }]) => {
    if (section === 'runflow' || section === 'include') return [];
    return value.kind === 'map' ? [...value.entries.keys()].map((key) => `${section}.${key}`) : [section];
  });
}

/**
 * `over` laid on `under`: a section's definitions (`models.base`), parameters and settings of the report and the cluster replace those of
 * the same name whole; everything else is replaced.
 */
export function overlay(under: MapNode, over: MapNode): MapNode {
  const entries = new Map<string, MapEntry>(under.entries);
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    if (below?.value.kind === 'map' && entry.value.kind === 'map') {
      const joined = new Map([...below.value.entries, ...entry.value.entries]);
      entries.set(key, { key: entry.key, value: { ...entry.value, entries: joined } });
    } else entries.set(key, entry);
  }
  return { ...over, entries };
}

/** True where a key has nothing behind it. */
export function isEmpty(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}
