import { dirname } from 'node:path';
import { readSmallFile } from '../formats/file-access.js';
import { makeFolder } from '../formats/make-folder.js';
import { replaceFile } from '../formats/replace-file.js';
import type { Hub } from './hub.js';
import { HubUnreachableError } from './hub-connection.js';
import { type HubReference, isCommit } from './hub-reference.js';

/**
 * The commit of a branch or tag, for whoever only looks: nothing is pinned, and where the hub cannot be asked the commit does
 * that it had when it was last looked up.
 * @throws EnvironmentError when the hub is needed and cannot be asked
 */
export async function lookUpRevision(hub: Hub, reference: HubReference): Promise<string> {
  const memory = hub.cache.revision(reference);
  try {
    const commit = await hub.commitOf(reference);
    if (!isCommit(reference.revision)) await remember(memory, commit);
    return commit;
  } catch (error) {
    if (!hub.settings.offline && !(error instanceof HubUnreachableError)) throw error;
    const commit = await remembered(memory);
    if (commit === undefined) throw error;
    return commit;
  }
}

async function remembered(memory: string): Promise<string | undefined> {
  const bytes = await readSmallFile(memory, 100).catch(() => undefined);
  const commit = bytes === undefined ? '' : new TextDecoder().decode(bytes);
  return isCommit(commit) ? commit : undefined;
}

/** A cache that cannot be written costs the next one the same request. */
async function remember(memory: string, commit: string): Promise<void> {
  try {
    await makeFolder(dirname(memory));
    await replaceFile(memory, commit);
  } catch {
    // Documented above.
  }
}
