import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, realpathSync, rmdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { EnvironmentError, UsageError } from '../../diagnostics/errors.js';
import { errorCode, writeFailure } from '../../diagnostics/file-system-error.js';
import { staysInside } from '../../formats/inner-path.js';
import type { Study } from '../../workflow/study.js';
import { resultsName } from './name.js';
import { readResultsRecord, refuseAnotherWorkflow } from './record.js';

/**
 * Where the results of a workflow go: the folder that `out` names, else `results/` and a name of its own for the
 * workflow with its settings. Looked at before anything runs, written to afterwards.
 *
 * @returns its absolute path
 * @throws UsageError when it is no folder of its own (the current one, one above it, one of the store), is a file, or has
 * the results of another workflow; EnvironmentError when nothing can be written there
 */
export function resultsPlace(study: Study, store: string, out: string | undefined): string {
  const path = resolve(out ?? join('results', resultsName(study)));
  const hint = 'Name another folder with --out DIR.';
  const real = realPath(path);
  if (isBelowOrSame(realPath(process.cwd()), real)) {
    throw new UsageError(`results cannot go to ${path}: it is the current folder or a folder above it`, { hint });
  }
  if (isBelowOrSame(real, realPath(store))) {
    throw new UsageError(`results cannot go to ${path}: it is in the store`, { hint });
  }
  if (existsSync(path) && !statSync(path).isDirectory()) {
    throw new UsageError(`results cannot go to ${path}: it is a file, not a folder`, { hint });
  }
  tryToWrite(path);
  refuseAnotherWorkflow(path, readResultsRecord(path), study.file);
  return path;
}

/**
 * Tries whether the folder can be written to, so that a run need not work for hours to find out. Leaves nothing behind.
 * @throws EnvironmentError when it cannot
 */
function tryToWrite(path: string): void {
  try {
    const above = nearestFolder(path);
    const trial = join(above, `.runflow-${randomBytes(8).toString('hex')}`);
    mkdirSync(trial);
    rmdirSync(trial);
    // A name that is too long is too long anywhere.
    for (const name of relative(above, path).split(sep)) existsOrThrows(join(above, name));
  } catch (cause) {
    throw new EnvironmentError(`results cannot go to ${path}: ${writeFailure(cause) ?? (cause as Error).message}`, {
      cause,
      hint: 'Name another folder with --out DIR.',
    });
  }
}

/** The folder itself, or the nearest one above it that is there. */
function nearestFolder(path: string): string {
  for (let folder = path; ; folder = dirname(folder))
    if (existsOrThrows(folder) || dirname(folder) === folder) return folder;
}

function existsOrThrows(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
    throw new Error(`the link ${path} leads nowhere`);
  }
}

function isBelowOrSame(path: string, above: string): boolean {
  return staysInside(relative(above, path));
}

/** Path without symbolic links, as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
