import nodeFs from 'node:fs';
import { EnvironmentError } from '../diagnostics/errors.js';
import { errorCode, isDiskFull, writeFailure } from '../diagnostics/file-system-error.js';
import { openToRead } from '../formats/regular-file.js';

/** The file-system calls that the store makes; tests put one that fails in its place. */
export type Disk = typeof nodeFs;

export const realDisk: Disk = nodeFs;

export { errorCode, openToRead };

/** The text of a small file. Throws the file system's own error. */
export function readText(disk: Disk, path: string): string {
  // Node takes numbers for flags as well; its types do not say so.
  return disk.readFileSync(path, { encoding: 'utf8', flag: openToRead as unknown as string });
}

/** Something else than a file is in a file's place, or than a folder in a folder's. */
export function isObstacle(error: unknown): boolean {
  return ['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'ELOOP', 'ENXIO'].includes(errorCode(error) ?? '');
}

/**
 * Handler for `catch` where what cannot be removed may stay for a later gc: it has gone, somebody has put something into
 * it, or a process of this host has a file of it open, which a client of a network file system keeps until it is closed.
 */
export function unlessInUse(error: unknown): void {
  if (!['ENOTEMPTY', 'EEXIST', 'EBUSY', 'ENOENT'].includes(errorCode(error) ?? '')) throw error;
}

/**
 * What a failed file-system call means to the user. Errors that are none of the file system's pass unchanged.
 * @param doing what could not be done, as in "while writing an object"
 */
export function diskError(cause: unknown, folder: string, doing: string): unknown {
  const code = errorCode(cause);
  if (code === undefined) return cause;
  const why = writeFailure(cause);
  if (isDiskFull(cause)) {
    return new EnvironmentError(`${why}: no space left for ${folder} while ${doing}`, {
      cause,
      hint: 'Free some space, run "runflow cache gc", or give --store (RUNFLOW_STORE) a folder on a larger disk, then run again: finished steps are kept.',
    });
  }
  return new EnvironmentError(`the store ${folder} cannot be used while ${doing}: ${why ?? (cause as Error).message}`, {
    cause,
    hint: hints[code] ?? 'Look after the disk, or give --store (RUNFLOW_STORE) another folder.',
  });
}

const mend = 'Mend its permissions, or give --store (RUNFLOW_STORE) a folder that you may write to.';
const anotherPlace = 'Give --store (RUNFLOW_STORE) a folder of an ordinary file system.';
const hints: Readonly<Record<string, string>> = {
  EROFS: 'Mount it so that it can be written, or give --store (RUNFLOW_STORE) a folder that you may write to.',
  EACCES: mend,
  EPERM: mend,
  ENOTDIR: 'Move that file, or give --store (RUNFLOW_STORE) another folder.',
  EEXIST: 'Move that file, or give --store (RUNFLOW_STORE) another folder.',
  ENAMETOOLONG: 'Give --store (RUNFLOW_STORE) a folder with a shorter name.',
  ENOENT: anotherPlace,
  ELOOP: anotherPlace,
};
