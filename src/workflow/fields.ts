import { childOf, type DocumentNode, type MapNode, type Path } from './document.js';

/** Every field of a document by its path (`recipes.full.lr`), as deep as edits go; values as they were written. */
export function fieldsOf(document: MapNode): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const pending: { readonly path: Path; readonly node: DocumentNode }[] = [{ path: [], node: document }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, node } = next;
    const isDeeper = node.kind === 'map' || (node.kind === 'list' && node.items.some(({ kind }) => kind === 'map'));
    if (!isDeeper) {
      fields.set(pathText(path), nodeText(node));
      continue;
    }
    for (const key of keysOf(node).reverse()) pending.push({ path: [...path, key], node: childOf(node, key)! });
  }
  return fields;
}

/** A value on one line, numbers as they were written. */
export function nodeText(node: DocumentNode): string {
  if (node.kind === 'list') return `[${node.items.map(nodeText).join(', ')}]`;
  if (node.kind === 'map') {
    const entries = [...node.entries].map(([key, { value }]) => `${key}: ${nodeText(value)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  if (node.written !== undefined) return node.written;
  if (typeof node.value !== 'string') return String(node.value);
  return /^[^\s'"[\]{},:#][^\n'"[\]{},#]*$/.test(node.value) ? node.value : JSON.stringify(node.value);
}

/** `recipes.full.lr`, `terms[1].times` */
export function pathText(path: Path): string {
  return path.map((key, index) => (/^\d+$/.test(key) && index > 0 ? `[${key}]` : index > 0 ? `.${key}` : key)).join('');
}

/** Keys of what stands below a node: those of a mapping, or the positions in a list. */
export function keysOf(node: DocumentNode): string[] {
  if (node.kind === 'map') return [...node.entries.keys()];
  return node.kind === 'list' ? node.items.map((_, index) => String(index)) : [];
}
