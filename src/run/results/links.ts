import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../diagnostics/errors.js';
import { previousFolder } from './previous-folder.js';

/**
 * Refuses folders below that of the results which are links: files would be written, moved and removed where the links
 * lead. The folder of the results itself may be a link, for the user has named it.
 *
 * @param files below the folder, which may be written there or moved from there to `previous/`
 * @throws UsageError that names the first link
 */
export function refuseLinkedFolders(folder: string, files: Iterable<string>): void {
  const folders = new Set(
    [...files].flatMap((file) => [...foldersOf(file), ...foldersOf(`${previousFolder}/${file}`)]),
  );
  for (const below of folders) {
    const path = join(folder, below);
    if (!isLink(path)) continue;
    throw new UsageError(`results cannot go to ${folder}: ${below} in it is a link to ${readlinkSync(path)}`, {
      hint: 'Results would be written, moved and removed there. Remove the link, or name another folder with --out DIR.',
    });
  }
}

/** `items/a/b` → `items`, `items/a`; of a folder, `items/` → `items`. */
export function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // Nothing is there, or what is there cannot be entered: then nothing is written to it either.
    return false;
  }
}
