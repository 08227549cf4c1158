import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { JsonObject } from '../formats/json.js';
import { type DocumentNode, type MapEntry, type MapNode, nodeAt, toPlain } from './document.js';
import type { FileLayer } from './layers.js';

/** A profile that a workflow may be read with. */
export interface Profile {
  readonly name: string;
  /** The models that it gives, as they are written. */
  readonly models: JsonObject;
  /** Its file, as a user would name it. */
  readonly file: string | undefined;
  /** Places under `profiles:`, weakest first. */
  readonly places: readonly SourceRange[];
}

export interface Profiles {
  readonly profiles: readonly Profile[];
  /** The one that the workflow itself names. */
  readonly own: string | undefined;
}

/** The profiles of a name that files define under `profiles:`, weakest first. One that is no mapping has been told of. */
export function inlineProfiles(layers: readonly FileLayer[], name: string): readonly MapEntry[] {
  return layers.flatMap(({ document }) => {
    const profiles = document.entries.get('profiles')?.value;
    const entry = profiles?.kind === 'map' ? profiles.entries.get(name) : undefined;
    return entry?.value.kind === 'map' ? [entry] : [];
  });
}

export function namesOfProfiles(document: MapNode): string[] {
  const profiles = document.entries.get('profiles')?.value;
  return profiles?.kind === 'map' ? [...profiles.entries.keys()] : [];
}

/** The models that documents define, the later one winning, as they are written. */
export function modelsOf(documents: readonly DocumentNode[]): JsonObject {
  const sections = documents.map((document) => nodeAt(document, ['models'])).filter((node) => node?.kind === 'map');
  return Object.fromEntries(sections.flatMap((section) => Object.entries(toPlain(section!) as JsonObject)));
}
