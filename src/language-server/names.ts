import { dirname, resolve } from 'node:path';
import { keyPlace, type MapNode, nodeAt, toPlain, valuePlace } from '../workflow/document.js';
import { nameOfDefinition } from '../workflow/name-of-definition.js';
import { parseYaml, recoveredYaml } from '../workflow/parse.js';
import { type Place, SourceText } from '../workflow/source-text.js';
import { nodeAtOffset, nodeOfText } from './node-at-offset.js';

/** A text that stands where the cursor is while names are looked for: the definition being written may lack a value. */
const marker = 'runflow-name';

/** What a place of a text names, as far as the workflow defines it. */
export type Naming =
  | { readonly kind: 'definition'; readonly section: string; readonly name: string }
  | { readonly kind: 'reference'; readonly path: readonly string[] }
  | { readonly kind: 'file'; readonly file: string };

/**
 * What the name at an offset of a file stands for: a definition of the workflow (`models.base`), the value that a `${…}` refers
 * to, or a file that is included. Undefined where there is no name, or nothing of that name.
 *
 * @param file absolute @param root the workflow that the file is part of
 */
export async function namedAt(file: string, text: string, offset: number, root: MapNode): Promise<Naming | undefined> {
  const reference = referenceAt(text, offset);
  if (reference !== undefined) {
    const path = reference.path.split('.');
    return nodeAt(root, path) === undefined ? undefined : { kind: 'reference', path };
  }
  const own = await parsed(file, text, offset + /^[\w-]*/.exec(text.slice(offset))![0].length);
  const found = own && nodeAtOffset(own, offset);
  if (own === undefined || found === undefined) return undefined;
  const [section, name, ...below] = found.path;
  if (section === 'include' && found.stands === 'value') {
    return { kind: 'file', file: resolve(dirname(file), found.text) };
  }
  if (found.stands === 'key' && name !== undefined && below.length === 0 && nodeAt(root, found.path) !== undefined) {
    return { kind: 'definition', section: section!, name };
  }
  const expected = nameOfDefinition(toPlain(own), found.path);
  if (expected === undefined || expected.stands !== found.stands) return undefined;
  // Of a claim's metric a name may have a score behind it: harmfulness.share-of-5.
  for (const candidate of [found.text, found.text.split('.')[0]!]) {
    const defining = expected.sections.find((one) => nodeAt(root, [one, candidate]) !== undefined);
    if (defining !== undefined) return { kind: 'definition', section: defining, name: candidate };
  }
  return undefined;
}

/** Place of what is named, in the texts of the workflow. */
export function placeOf(named: Exclude<Naming, { readonly kind: 'file' }>, root: MapNode): Place {
  return named.kind === 'definition' ? keyPlace(root, [named.section, named.name]) : valuePlace(root, named.path);
}

/** Names that may stand at an offset, and the section of each; the part of them that is already there is replaced. */
export interface Proposal {
  readonly start: number;
  readonly end: number;
  readonly names: readonly { readonly name: string; readonly section: string }[];
}

export async function proposedNames(
  file: string,
  text: string,
  offset: number,
  root: MapNode,
): Promise<Proposal | undefined> {
  const reference = /\$\{([\w.-]*)$/.exec(text.slice(0, offset));
  if (reference !== null) {
    const start = offset - reference[1]!.length;
    const end = offset + /^[\w.-]*/.exec(text.slice(offset))![0].length;
    const params = nodeAt(root, ['params']);
    const names = params?.kind === 'map' ? [...params.entries.keys()] : [];
    return { start, end, names: names.map((name) => ({ name: `params.${name}`, section: 'params' })) };
  }
  const start = offset - /[\w-]*$/.exec(text.slice(0, offset))![0].length;
  const end = offset + /^[\w-]*/.exec(text.slice(offset))![0].length;
  const own = await parsed(file, text.slice(0, start) + marker + text.slice(end), start + marker.length);
  const found = own && nodeOfText(own, marker);
  if (own === undefined || found === undefined) return undefined;
  const expected = nameOfDefinition(toPlain(own), found.path);
  if (expected === undefined || expected.stands !== found.stands) return undefined;
  const names = expected.sections.flatMap((section) => {
    const defined = nodeAt(root, [section]);
    const keys = defined?.kind === 'map' ? [...defined.entries.keys()] : [];
    return keys.filter((name) => name !== marker).map((name) => ({ name, section }));
  });
  return { start, end, names };
}

/** The reference `${a.b}` that an offset is in. */
function referenceAt(text: string, offset: number): { readonly path: string } | undefined {
  const open = text.lastIndexOf('${', offset);
  if (open < 0) return undefined;
  const path = /^\$\{([^{}\n]*)\}/.exec(text.slice(open));
  return path !== null && offset <= open + path[0].length ? { path: path[1]! } : undefined;
}

/** The document of a text; where it has errors, what can be read of it up to an offset. */
async function parsed(file: string, text: string, upTo: number): Promise<MapNode | undefined> {
  const source = (read: string) => new SourceText(file, dirname(file), read);
  const result = await parseYaml(source(text));
  return result.ok ? result.value : recoveredYaml(source(text.slice(0, upTo)));
}
