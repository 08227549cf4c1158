import { existsSync } from 'node:fs';
import { rename, rmdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { writeFailure } from '../../diagnostics/file-system-error.js';
import { makeFolder } from '../../formats/make-folder.js';
import { digestOfFile } from './file.js';

export const previousFolder = 'previous';

/**
 * Moves a file of a results folder to `previous/`, where nothing is ever written over: a second file of the name that
 * differs from the first becomes `overlap.2.csv`. Folders that it leaves empty go.
 *
 * @returns its new name below the folder
 * @throws EnvironmentError when it cannot be moved
 */
export async function moveToPrevious(folder: string, file: string): Promise<string> {
  try {
    const to = await freeName(folder, file);
    await makeFolder(dirname(join(folder, to)));
    await rename(join(folder, file), join(folder, to));
    await removeEmptied(folder, dirname(file));
    return to;
  } catch (cause) {
    throw new EnvironmentError(
      `${join(folder, file)} cannot be put aside: ${writeFailure(cause) ?? (cause as Error).message}`,
      {
        cause,
        hint: 'Move it elsewhere, or name another folder with --out.',
      },
    );
  }
}

/** Removes a folder below that of the results, and those that it lies in, as long as nothing is left in them. */
async function removeEmptied(folder: string, below: string): Promise<void> {
  for (let emptied = below; emptied !== '.'; emptied = dirname(emptied)) {
    try {
      await rmdir(join(folder, emptied));
    } catch {
      // Something else is in it, or it may not be removed: the file has its place in either case.
      return;
    }
  }
}

async function freeName(folder: string, file: string): Promise<string> {
  const { dir, name, ext } = parse(file);
  const digest = await digestOfFile(join(folder, file));
  for (let count = 1; ; count++) {
    const candidate = [previousFolder, dir, count === 1 ? `${name}${ext}` : `${name}.${count}${ext}`];
    const to = candidate.filter((part) => part !== '').join('/');
    const path = join(folder, to);
    if (!existsSync(path) || (digest !== undefined && (await digestOfFile(path)) === digest)) return to;
  }
}
