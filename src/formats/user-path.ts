import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';

/** True of a path that says by itself where it begins: `/data`, `~/data`. */
export function isRooted(path: string): boolean {
  return isAbsolute(path) || path === '~' || path.startsWith('~/');
}

/**
 * A path that a user wrote, absolute: `~` and `~/` at its beginning are the home folder, anything else relative is
 * relative to `folder`.
 * @throws EnvironmentError when the path begins at home and there is none
 */
export function userPath(path: string, folder = '.'): string {
  if (path !== '~' && !path.startsWith('~/')) return resolve(folder, path);
  return resolve(join(homeFolder(path), path.slice(1)));
}

function homeFolder(path: string): string {
  let home = '';
  try {
    home = homedir();
  } catch {
    // Neither HOME nor an entry of this user in the system's list.
  }
  if (isAbsolute(home)) return home;
  throw new EnvironmentError(`${path} begins at the home folder, and this user has none`, {
    hint: 'Write the path from / on, or set HOME.',
  });
}
