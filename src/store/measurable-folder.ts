import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { errorCode } from '../diagnostics/file-system-error.js';

/**
 * A folder on the disk of a store where files can be made and removed: the store's own, or the nearest above it that exists.
 * Where none of them can be written, the folder of temporary files.
 * @throws EnvironmentError when no folder can be written
 */
export async function measurableFolder(store: string): Promise<string> {
  let folder = resolve(store);
  while (dirname(folder) !== folder) {
    const failure = await failureIn(folder);
    if (failure === undefined) return folder;
    // A store that is not made yet will be on the disk of the folder above it.
    if (failure !== 'ENOENT') break;
    folder = dirname(folder);
  }
  if ((await failureIn(tmpdir())) === undefined) return tmpdir();
  throw new EnvironmentError(`no file can be written to ${folder} or ${tmpdir()}, so that no disk can be measured`, {
    hint: 'Set TMPDIR to a folder that can be written.',
  });
}

/** The file system's word for why no folder can be made in another; undefined: one can. */
async function failureIn(folder: string): Promise<string | undefined> {
  try {
    await rm(await mkdtemp(join(folder, 'speed-')), { recursive: true });
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}
