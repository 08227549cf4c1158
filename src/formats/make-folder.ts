import { promises } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../diagnostics/file-system-error.js';

type FolderCalls = Pick<typeof promises, 'mkdir' | 'stat'>;

/**
 * Makes a folder, and those that it lies in, unless they are there. Node's own `recursive` never comes back where a file
 * system says ENOENT though the parent is there (`/proc/x`), and says ENOENT of a read-only disk; this ends with the
 * file system's own error. One that is made by another process meanwhile is as good.
 */
export async function makeFolder(folder: string, calls: FolderCalls = promises): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); ; path = dirname(path)) {
    if (await made(path, calls)) break;
    missing.push(path);
    if (dirname(path) === path) break;
  }
  for (const path of missing.reverse()) await make(path, calls);
}

/** False when the folder that it should lie in is missing. */
async function made(path: string, calls: FolderCalls): Promise<boolean> {
  try {
    await make(path, calls);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    if (!(await exists(dirname(path), calls))) return false;
    // Its parent may have been made a moment ago; if not, the file system will never take it.
    await make(path, calls);
    return true;
  }
}

async function make(path: string, calls: FolderCalls): Promise<void> {
  try {
    await calls.mkdir(path);
  } catch (error) {
    // A read-only disk says EROFS, and a protected parent EACCES, also of folders that are there.
    const isThere = await calls.stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isThere) throw error;
  }
}

async function exists(path: string, calls: FolderCalls): Promise<boolean> {
  return calls.stat(path).then(
    () => true,
    (error: unknown) => errorCode(error) !== 'ENOENT',
  );
}
