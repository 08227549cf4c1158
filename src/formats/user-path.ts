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
  return resolve(
    join(homeFolder(`${path} begins at the home folder`, 'Write the path from / on, or set HOME.'), path.slice(1)),
  );
}

/**
 * The folder that runflow keeps of this user's caches, where the system has them: XDG_CACHE_HOME or ~/.cache, ~/Library/Caches,
 * or LOCALAPPDATA. Nothing in it is missed when it is deleted.
 * @throws EnvironmentError when it would be below the home folder and there is none
 */
export function userCacheFolder({ XDG_CACHE_HOME: xdg, LOCALAPPDATA: local }: NodeJS.ProcessEnv): string {
  const home = () => homeFolder('caches are kept in the home folder', 'Set HOME, or XDG_CACHE_HOME to a folder.');
  if (process.platform === 'darwin') return join(home(), 'Library', 'Caches', 'runflow');
  if (process.platform === 'win32') return join(local || join(home(), 'AppData', 'Local'), 'runflow', 'Cache');
  return join(xdg || join(home(), '.cache'), 'runflow');
}

/**
 * The folder of what runflow keeps of this user's choices, where the system has it: XDG_CONFIG_HOME or ~/.config,
 * ~/Library/Application Support, or APPDATA.
 * @throws EnvironmentError when it would be below the home folder and there is none
 */
export function userConfigFolder({ XDG_CONFIG_HOME: xdg, APPDATA: roaming }: NodeJS.ProcessEnv): string {
  const home = () => homeFolder('choices are kept in the home folder', 'Set HOME, or XDG_CONFIG_HOME to a folder.');
  if (process.platform === 'darwin') return join(home(), 'Library', 'Application Support', 'runflow');
  if (process.platform === 'win32') return join(roaming || join(home(), 'AppData', 'Roaming'), 'runflow', 'Config');
  // A relative one is none: it would lead into whatever folder the command is typed in.
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home(), '.config'), 'runflow');
}

function homeFolder(what: string, hint: string): string {
  let home = '';
  try {
    home = homedir();
  } catch {
    // Neither HOME nor an entry of this user in the system's list.
  }
  if (isAbsolute(home)) return home;
  throw new EnvironmentError(`${what}, and this user has none`, { hint });
}
