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
