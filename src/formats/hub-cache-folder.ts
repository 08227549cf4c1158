import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of huggingface_hub's settings: HF_HOME, else one of this user's caches. */
export function hubHome(environment: Readonly<Record<string, string | undefined>>): string {
  const cacheHome = setting(environment, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  return expanded(setting(environment, 'HF_HOME') ?? join(cacheHome, 'huggingface'));
}

/** The folder that holds `models--…` and `datasets--…` of the Hugging Face hub: HF_HUB_CACHE, else one in HF_HOME. */
export function hubCacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const given = setting(environment, 'HF_HUB_CACHE') ?? setting(environment, 'HUGGINGFACE_HUB_CACHE');
  return expanded(given ?? join(hubHome(environment), 'hub'));
}

/** A variable that is set to something. */
export function setting(environment: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return environment[name]?.trim() ? environment[name].trim() : undefined;
}

/** Node does not expand the `~` that a variable may begin with. */
export function expanded(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
