import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../diagnostics/errors.js';
import { userPath } from '../formats/user-path.js';
import type { Invocation } from './command.js';

/**
 * The absolute folder that an option names; undefined when it is not given. Shells do not expand the `~` of
 * `--out=~/results`.
 * @throws UsageError when a file is in its place or in its way
 */
export function folderOption(invocation: Invocation, option: string): string | undefined {
  const given = invocation.value(option);
  if (given === undefined) return undefined;
  if (given.includes('\0')) throw new UsageError(`--${option} holds a zero character`);
  const folder = userPath(given);
  const file = fileOnTheWay(folder);
  if (file === undefined) return folder;
  throw new UsageError(`--${option} ${given}: ${file} is a file, not a folder`, {
    hint: 'Name another folder, or remove the file.',
  });
}

/** The folder itself or one above it, where that is something else than a folder. */
function fileOnTheWay(folder: string): string | undefined {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    const found = isFolder(path);
    if (found !== undefined) return found ? undefined : path;
  }
  return undefined;
}

/** Undefined where nothing is, or nothing can be seen: whoever goes there will say why. */
function isFolder(path: string): boolean | undefined {
  try {
    return statSync(path).isDirectory();
  } catch {
    return undefined;
  }
}
