import { join } from 'node:path';
import { userCacheFolder, userPath } from '../formats/user-path.js';

/** `--store`, else RUNFLOW_STORE, else a folder of this user's caches. */
export function storeLocation(option: string | undefined, environment: NodeJS.ProcessEnv): string {
  const given = (option ?? environment.RUNFLOW_STORE)?.trim();
  return given ? userPath(given) : join(userCacheFolder(environment), 'store');
}
