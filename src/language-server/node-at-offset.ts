import type { DocumentNode, MapNode, Path, ScalarNode } from '../workflow/document.js';
import type { Place } from '../workflow/source-text.js';

/** What stands at an offset of a text: a key, or a single value. */
export interface TextAtOffset {
  readonly path: Path;
  readonly stands: 'key' | 'value';
  readonly text: string;
  readonly place: Place;
}

/** The key or single value of a file's own document that an offset is in, its end included. */
export function nodeAtOffset(root: MapNode, offset: number): TextAtOffset | undefined {
  return find(root, (place) => place.start <= offset && offset <= place.end);
}

/** The key or single value that is exactly `text`. */
export function nodeOfText(root: MapNode, text: string): TextAtOffset | undefined {
  return find(root, (_, own) => own === text);
}

/** The first key or single value that matches, in the order of the text. */
function find(root: MapNode, matches: (place: Place, text: string) => boolean): TextAtOffset | undefined {
  const pending: { readonly node: DocumentNode; readonly path: Path }[] = [{ node: root, path: [] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, path } = next;
    if (node.kind === 'scalar') {
      const text = scalarText(node);
      if (matches(node.place, text)) return { path, stands: 'value', text, place: node.place };
    } else if (node.kind === 'list') {
      pending.push(...node.items.map((item, index) => ({ node: item, path: [...path, String(index)] })).reverse());
    } else {
      for (const [key, entry] of [...node.entries].reverse()) {
        const own = [...path, key];
        if (matches(entry.key, key)) return { path: own, stands: 'key', text: key, place: entry.key };
        pending.push({ node: entry.value, path: own });
      }
    }
  }
  return undefined;
}

function scalarText({ value, written }: ScalarNode): string {
  return written ?? String(value ?? '');
}
