import { posix } from 'node:path';
import type { Artifact } from '../../formats/artifact.js';
import { unlessDamaged } from '../../store/object-store.js';
import type { Store } from '../../store/store.js';
import type { PublishedFile } from './record.js';

/** What is other in the folder than an earlier run left it. */
export interface FolderChanges {
  /** When that run ended, in ISO 8601; undefined when there was none. */
  readonly since: string | undefined;
  /** Results with another content, as far as they are those of steps alone. */
  readonly files: readonly string[];
  /** The text of claims.csv before and now, where both are there. */
  readonly claims: { readonly before: string; readonly now: string } | undefined;
}

/** A file that a step made, and where it goes below the folder. */
export interface PlacedFile {
  readonly file: string;
  readonly node: string;
  readonly artifact: Artifact;
}

/**
 * What a run is about to change of the results of one folder.
 * @param folder of the cell, below that of the study; `.`: the study's own
 * @param earlier what earlier runs left, by file
 * @param since when the newest of them ended
 * @param bytesOf the bytes of a file that is still as it was left
 */
export async function folderChanges(
  folder: string,
  results: readonly PlacedFile[],
  earlier: ReadonlyMap<string, PublishedFile>,
  since: string | undefined,
  { store, bytesOf }: { readonly store: Store; bytesOf(file: PublishedFile): Promise<Uint8Array | undefined> },
): Promise<FolderChanges> {
  const files: string[] = [];
  let claims: FolderChanges['claims'];
  for (const { file, artifact } of results) {
    if (isReport(file) || (folder !== '.' && !file.startsWith(`${folder}/`))) continue;
    const known = earlier.get(file);
    const name = posix.relative(folder, file);
    if (known?.digest !== artifact.digest) files.push(name);
    const before = name === 'claims.csv' && known !== undefined ? await bytesOf(known) : undefined;
    if (before === undefined) continue;
    // A damaged object is found, and told, where it is put into its place.
    const now = await store.read(artifact).catch(unlessDamaged);
    if (now !== undefined) claims = { before: textOf(before), now: textOf(now) };
  }
  return { since, files, claims };
}

/** Whether a result is the page of a report: what a step made, to which the run adds. */
export function isReport(file: string): boolean {
  return posix.basename(file) === 'report.html';
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
