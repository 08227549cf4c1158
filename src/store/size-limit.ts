import { dirname } from 'node:path';
import { UsageError } from '../diagnostics/errors.js';
import { parseBytes } from '../formats/byte-size.js';
import { type Disk, errorCode } from './disk.js';

/** Unless the disk is small, or the user says otherwise. */
const usualLimit = 50 * 2 ** 30;

/**
 * How many bytes the store may take: what the user says (`50GiB`, `none`), else 50 GiB, or half of what the disk could
 * give the store if that is less.
 * @param used bytes that the store takes now
 */
export function sizeLimit(given: string | undefined, path: string, used: number, disk: Disk): number {
  if (given === undefined || given === '') return Math.min(usualLimit, (used + freeBytes(path, disk)) / 2);
  if (given.trim().toLowerCase() === 'none') return Number.POSITIVE_INFINITY;
  const bytes = parseBytes(given);
  if (bytes === undefined) {
    throw new UsageError(`${JSON.stringify(given)} is not a size`, {
      hint: 'Write a number with a unit, such as 200GiB, or none. RUNFLOW_STORE_LIMIT and --limit take the same.',
    });
  }
  return bytes;
}

/** Bytes that the disk of a store has left. The store may not have been made yet: what its folder will be on counts. */
export function freeBytes(path: string, disk: Disk): number {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = disk.statfsSync(folder);
      return bavail * bsize;
    } catch (error) {
      if (errorCode(error) === undefined || folder === dirname(folder)) throw error;
    }
  }
}
