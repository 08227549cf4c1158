import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { findRun } from '../history/find-run.js';
import type { Store } from '../store/store.js';
import type { CacheCommand } from './cache-command.js';
import { print } from './output.js';

export const pin: CacheCommand = (store, rest) => setPinned(store, rest[0], true);
export const unpin: CacheCommand = (store, rest) => setPinned(store, rest[0], false);

async function setPinned(store: Store, id: string | undefined, pinned: boolean) {
  if (id === undefined) throw new UsageError('which run?', { hint: 'runflow runs lists them.' });
  const run = findRun(store, id);
  await store.runs.write({ ...run, pinned });
  print(`${run.id} of ${printableLine(run.workflow)} is ${pinned ? '' : 'no longer '}pinned\n`);
  return exitCodes.done;
}
