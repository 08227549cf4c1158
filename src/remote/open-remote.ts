import { UsageError } from '../diagnostics/errors.js';
import { userPath } from '../formats/user-path.js';
import { FolderRemote } from './folder-remote.js';
import type { RemoteStore } from './remote-store.js';

/**
 * The remote store of an address: a folder, or `s3://bucket/prefix`. Nothing is asked yet.
 * @param address of `--remote` or RUNFLOW_REMOTE
 * @throws UsageError for any other address
 */
export async function openRemote(address: string): Promise<RemoteStore> {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (address.includes('\0')) throw new UsageError('the address of the remote store holds a zero character');
    return new FolderRemote(userPath(address));
  }
  throw new UsageError(`there is no remote store behind ${scheme}://`, {
    hint: 'Give a folder.',
  });
}
