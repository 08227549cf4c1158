import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { userPath } from '../formats/user-path.js';
import { type DocumentNode, folderOf, type MapNode, type ScalarNode } from './document.js';
import { errorAt } from './problems.js';

/** The fields that hold a path; `*` stands for every name. */
export const pathFields: readonly (readonly string[])[] = [
  ['models', '*', 'path'],
  ['datasets', '*', 'path'],
];

/**
 * Makes every path absolute. A relative one is relative to the folder of the text that gives its first character: the
 * file it is written in, or, of a `--set`, where the command is typed. What is no text is left to the schema.
 */
export function absolutePaths(root: MapNode): { readonly root: MapNode; readonly problems: readonly Diagnostic[] } {
  const problems: Diagnostic[] = [];
  const absolute = pathFields.reduce<DocumentNode>((node, field) => atField(node, field, problems), root);
  return { root: absolute as MapNode, problems };
}

function atField(node: DocumentNode, [key, ...below]: readonly string[], problems: Diagnostic[]): DocumentNode {
  if (key === undefined) return node.kind === 'scalar' ? absolute(node, problems) : node;
  if (node.kind !== 'map') return node;
  const entries = new Map(
    [...node.entries].map(([name, entry]) => [
      name,
      key === '*' || key === name ? { ...entry, value: atField(entry.value, below, problems) } : entry,
    ]),
  );
  return { ...node, entries };
}

function absolute(node: ScalarNode, problems: Diagnostic[]): ScalarNode {
  // A number that came by a reference is a folder's name, as it was written.
  const path = node.origin === undefined ? node.value : (node.written ?? node.value);
  if (typeof path !== 'string' || path === '') return node;
  if (path.includes('\0')) {
    problems.push(errorAt(node.place, { code: 'invalid-value', message: 'a path holds no zero character' }));
    return node;
  }
  if (node.inner !== undefined) {
    const message = `the path ${path} holds another that does not begin where it stands: ${node.inner}`;
    problems.push(errorAt(node.place, { code: 'invalid-value', message, hint: 'Leave out what stands before it.' }));
    return node;
  }
  return { ...node, value: userPath(path, folderOf(node)) };
}
