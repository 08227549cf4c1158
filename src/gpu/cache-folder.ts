import path from 'node:path';
import envPaths from 'env-paths';

/** The user's cache folder for what belongs to this machine: unpacked drivers and probe results. Safe to delete. */
export function deviceCacheFolder(): string {
  return path.join(envPaths('runflow', { suffix: '' }).cache, 'device');
}
