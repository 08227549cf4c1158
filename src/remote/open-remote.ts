import { UsageError } from '../diagnostics/errors.js';
import { userPath } from '../formats/user-path.js';
import { FolderRemote } from './folder-remote.js';
import type { RemoteStore } from './remote-store.js';
import type { S3Patience } from './s3/connection.js';

/** Patience of transfers that were asked for. */
const patient: S3Patience = {
  attempts: 5,
  delayMilliseconds: 500,
  mostDelayMilliseconds: 30_000,
  silenceMilliseconds: 30_000,
};

/** Patience of runs, which go on without: whoever is off the network must not wait for minutes. */
const impatient: S3Patience = {
  attempts: 3,
  delayMilliseconds: 300,
  mostDelayMilliseconds: 5_000,
  silenceMilliseconds: 10_000,
};

/**
 * The remote store of an address: a folder, or `s3://bucket/prefix`. Nothing is asked yet.
 * @param address of `--remote` or RUNFLOW_REMOTE
 * @param options.isRequired whether it is worth waiting for
 * @throws UsageError for any other address; EnvironmentError when the environment lacks what reaches it
 */
export async function openRemote(
  address: string,
  environment: NodeJS.ProcessEnv,
  { isRequired }: { readonly isRequired: boolean },
): Promise<RemoteStore> {
  if (address.includes('\0')) throw new UsageError('the address of the remote store holds a zero character');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (looksLikeOtherHost(address)) {
      // The rest of the address may hold a password.
      throw new UsageError('the address of the remote store is neither a folder nor s3://bucket/prefix', {
        hint: 'It has a colon before any slash. A folder that is called so is written ./NAME.',
      });
    }
    return new FolderRemote(userPath(address));
  }
  if (scheme !== 's3') {
    // The rest of the address may hold a password.
    throw new UsageError(`there is no remote store behind ${scheme}://`, {
      hint: "Give a folder, or s3://bucket/prefix; the server of other storage than Amazon's is AWS_ENDPOINT_URL.",
    });
  }
  const [{ S3Remote }, { s3Settings }] = await Promise.all([import('./s3/s3-remote.js'), import('./s3/settings.js')]);
  return new S3Remote(s3Settings(address, environment), isRequired ? patient : impatient);
}

/** Whether an address is like `s3:/bucket` or `host:/folder`, which would make a folder of an odd name here. A letter alone is a drive. */
function looksLikeOtherHost(address: string): boolean {
  return /^[^/\\]{2,}:/.test(address);
}
