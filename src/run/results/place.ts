import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../../diagnostics/errors.js';
import type { LoadedWorkflow } from '../../workflow/workflow.js';
import { resultsName } from './name.js';
import { readResultsRecord, refuseAnotherWorkflow } from './record.js';

/**
 * Where the results of a workflow go: the folder that `out` names, else `results/` and a name of its own for the
 * workflow with its settings. Looked at before anything runs, written to afterwards.
 *
 * @returns its absolute path
 * @throws UsageError when it is no folder of its own (the current one, one above it, one of the store), is a file, or has
 * the results of another workflow
 */
export function resultsPlace(workflow: LoadedWorkflow, store: string, out: string | undefined): string {
  const path = resolve(out ?? join('results', resultsName(workflow.name, workflow.applied)));
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
  refuseAnotherWorkflow(path, readResultsRecord(path), workflow.file);
  return path;
}

function isBelowOrSame(path: string, above: string): boolean {
  const way = relative(above, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(above, way) === path);
}

/** Without symbolic links, as far as the path is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
