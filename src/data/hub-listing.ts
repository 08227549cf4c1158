import { dirname } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { readSmallFile } from '../formats/file-access.js';
import { makeFolder } from '../formats/make-folder.js';
import { replaceFile } from '../formats/replace-file.js';
import { type Hub, type HubFile, isHubFile } from './hub.js';
import { describe, HubUnreachableError } from './hub-connection.js';
import type { Repository } from './hub-reference.js';

const maximumListingBytes = 64 << 20;

/**
 * The files of a folder of a repository at a commit. A commit never changes, so what the hub once listed is kept in its
 * cache and serves offline: the files that happen to be in the cache could be only some of the folder's.
 *
 * @throws EntryNotFoundError when the folder is not there; EnvironmentError when the hub cannot be asked and was not before
 */
export async function listHubFolder(
  hub: Hub,
  repository: Repository,
  commit: string,
  folder: string,
): Promise<readonly HubFile[]> {
  const memory = hub.cache.listing(repository, commit, folder);
  if (hub.settings.offline) {
    const files = await remembered(memory);
    if (files !== undefined) return files;
    const where = describe({ ...repository, revision: commit, file: `${folder}/` });
    throw new EnvironmentError(`${where} was never listed, and HF_HUB_OFFLINE is set: only the hub knows its files`, {
      hint: 'Run once without HF_HUB_OFFLINE, or name the files with `files`: those that the cache has are then taken.',
    });
  }
  try {
    const { files } = await hub.list(repository, commit, folder);
    await remember(memory, files);
    return files;
  } catch (error) {
    const files = error instanceof HubUnreachableError ? await remembered(memory) : undefined;
    if (files === undefined) throw error;
    return files;
  }
}

async function remembered(memory: string): Promise<readonly HubFile[] | undefined> {
  try {
    const text = new TextDecoder().decode(await readSmallFile(memory, maximumListingBytes));
    const files = JSON.parse(text) as unknown;
    return Array.isArray(files) && files.every(isHubFile) ? files : undefined;
  } catch {
    return undefined;
  }
}

/** A cache that cannot be written fails the download that follows, with the better message. */
async function remember(memory: string, files: readonly HubFile[]): Promise<void> {
  try {
    await makeFolder(dirname(memory));
    await replaceFile(memory, JSON.stringify(files));
  } catch {
    // The listing is asked for again next time.
  }
}
