import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/** `--store`, else RUNFLOW_STORE, else a folder of this user's caches. */
export function storeLocation(option: string | undefined, environment: NodeJS.ProcessEnv): string {
  const given = option ?? environment.RUNFLOW_STORE;
  return given ? resolve(given) : join(envPaths('runflow', { suffix: '' }).cache, 'store');
}
