import { join } from 'node:path';
import { diskError, errorCode, isObstacle } from './disk.js';
import type { StoreFolder } from './store-folder.js';

/** A file of the store, as it was when it was looked at. */
export interface StoredFile {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** What is in a folder of the store; nothing when it is missing. */
export function entriesOf(folder: StoreFolder, path: string) {
  try {
    return folder.disk.readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || isObstacle(error)) return [];
    throw diskError(error, folder.path, `reading ${path}`);
  }
}

/** None when the file has gone meanwhile. */
export function statusOf(folder: StoreFolder, path: string): readonly StoredFile[] {
  try {
    const status = folder.disk.lstatSync(path, { throwIfNoEntry: false });
    return status === undefined ? [] : [{ path, bytes: status.size, modified: status.mtimeMs }];
  } catch (error) {
    throw diskError(error, folder.path, `looking at ${path}`);
  }
}

/** All files below a path of the store; none when it is missing. Files that go while it looks are left out. */
export function listFiles(folder: StoreFolder, path: string): readonly StoredFile[] {
  const files: StoredFile[] = [];
  const folders = [path];
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    for (const entry of entriesOf(folder, current)) {
      const inside = join(current, entry.name);
      if (entry.isDirectory()) folders.push(inside);
      else files.push(...statusOf(folder, inside));
    }
  }
  return files;
}
