import { readdirSync } from 'node:fs';
import { EnvironmentError, UsageError } from '../diagnostics/errors.js';
import { errorCode, writeFailure } from '../diagnostics/file-system-error.js';
import { makeFolder } from '../formats/make-folder.js';

/** Makes a folder, unless it is there and empty. @throws UsageError when there is something in it; EnvironmentError */
export async function makeNewFolder(folder: string): Promise<void> {
  refuseUsedFolder(folder);
  try {
    await makeFolder(folder);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

function refuseUsedFolder(folder: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return;
    throw new EnvironmentError(`${folder} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (names.length > 0) {
    throw new UsageError(`${folder} is not empty`, { hint: 'Name a new folder: nothing is written over.' });
  }
}

function unwritable(path: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(`${path} cannot be written: ${writeFailure(cause) ?? (cause as Error).message}`, {
    cause,
    hint: 'Name another folder.',
  });
}
