import nodeFs from 'node:fs';
import { EnvironmentError } from '../diagnostics/errors.js';

/** The file-system calls that the store makes; tests put one that fails in its place. */
export type Disk = typeof nodeFs;

export const realDisk: Disk = nodeFs;

/** `ENOENT`, `ENOSPC`, …; undefined for whatever is not a failed system call. */
export function errorCode(error: unknown): string | undefined {
  const failed = error as Partial<NodeJS.ErrnoException> | null | undefined;
  return failed?.syscall === undefined ? undefined : failed.code;
}

/**
 * What a failed file-system call means to the user. Errors that are none of the file system's pass unchanged.
 * @param doing what could not be done, as in "while writing an object"
 */
export function diskError(cause: unknown, folder: string, doing: string): unknown {
  const code = errorCode(cause);
  if (code === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EnvironmentError(`the disk is full: no space left for ${folder} while ${doing}`, {
      cause,
      hint: 'Free some space, run "runflow cache gc", or give --store (RUNFLOW_STORE) a folder on a larger disk, then run again: finished steps are kept.',
    });
  }
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new EnvironmentError(`the store ${folder} cannot be written (${code}) while ${doing}`, {
      cause,
      hint: 'Mend its permissions, or give --store (RUNFLOW_STORE) a folder that you may write to.',
    });
  }
  return new EnvironmentError(`the store ${folder} failed while ${doing}: ${(cause as Error).message}`, {
    cause,
    hint: 'Look after the disk, or give --store (RUNFLOW_STORE) another folder.',
  });
}
