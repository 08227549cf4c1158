import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes sure of a home folder for what is cached below it (the store, fetched files, what is known of drivers): an empty
 * HOME would mean the current folder, and where neither HOME nor the system knows one Node throws.
 *
 * @returns a warning when a folder for temporary files must do
 */
export function ensureHomeFolder(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  if (environment.HOME === '') delete environment.HOME;
  try {
    if (homedir() !== '') return undefined;
  } catch {
    // Neither HOME nor an entry in the system's list of users.
  }
  environment.HOME = join(tmpdir(), `runflow-home-${process.getuid?.() ?? 0}`);
  return `there is no home folder: caches and the store go to ${environment.HOME}. Set HOME, or give --store.`;
}
