import { dirname } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { isDiskFull, writeFailure } from '../diagnostics/file-system-error.js';
import { makeFolder } from './make-folder.js';
import { replaceFile } from './replace-file.js';

/**
 * Writes a file into a folder that the user has chosen, whole or not at all, with the folders above it.
 * @param option of the command line that names the folder
 * @throws EnvironmentError when it cannot be written
 */
export async function placeFile(file: string, content: string | Uint8Array, option: '--out' | '--to'): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await replaceFile(file, content);
  } catch (cause) {
    throw new EnvironmentError(`${file} cannot be written: ${writeFailure(cause) ?? (cause as Error).message}`, {
      cause,
      hint: isDiskFull(cause)
        ? `Free space, or name another folder with ${option}.`
        : `Name another folder with ${option}.`,
    });
  }
}
