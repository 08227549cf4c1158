import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';

/**
 * The file that a program's name stands for. One without a slash is looked for in the absolute folders of PATH: a
 * relative one would lead into the folder of the workflow, or wherever the command is typed. One with a slash is of the
 * working folder.
 * @throws EnvironmentError when there is none
 */
export function executableOf(name: string, folder: string, environment: NodeJS.ProcessEnv): string {
  const endings = process.platform === 'win32' ? ['', ...(environment.PATHEXT ?? '.EXE').split(';')] : [''];
  if (isAbsolute(name)) {
    if (endings.some((ending) => isExecutable(name + ending))) return name;
    throw new EnvironmentError(`${name} is no program that can be started`, {
      hint: 'Install it, make it executable, or name another program in run.',
    });
  }
  if (/[\\/]/.test(name)) return join(folder, name);
  const path = Object.entries(environment).find(([variable]) => variable.toUpperCase() === 'PATH')?.[1] ?? '';
  for (const place of path.split(delimiter).filter(isAbsolute)) {
    const found = endings.map((ending) => join(place, name + ending)).find(isExecutable);
    if (found !== undefined) return found;
  }
  const hint = /\s/.test(name)
    ? `Each argument is an item of its own: run: [${name.split(/\s+/).join(', ')}].`
    : 'Install it, add its folder to PATH, or name another program in run.';
  throw new EnvironmentError(`there is no program ${name} in the folders of PATH`, { hint });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
