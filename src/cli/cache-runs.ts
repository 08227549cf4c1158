import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { printableLine } from '../diagnostics/printable.js';
import type { RunRecord } from '../store/runs.js';
import type { Store } from '../store/store.js';
import { type CacheCommand, expectNothing } from './cache-command.js';
import { day } from './cache-ls.js';
import { columns } from './columns.js';
import { print, printJson } from './output.js';

export const listRuns: CacheCommand = async (store, rest, invocation) => {
  expectNothing('runs', rest);
  const runs = store.runs.list().map((run) => ({
    id: run.id,
    workflow: run.workflow,
    ...(run.profile === undefined ? {} : { profile: run.profile }),
    file: run.file,
    started: run.started,
    state: run.outcome ?? (store.runs.isActive(run) ? 'running' : 'killed'),
    steps: store.runs.keysOf(run.id).length,
    pinned: run.pinned === true,
    ...(run.problem === undefined ? {} : { problem: run.problem }),
  }));
  if (invocation.switch('json')) {
    printJson({ store: store.path, runs });
    return exitCodes.done;
  }
  if (runs.length === 0) {
    print(`no runs in ${store.path}\n`);
    return exitCodes.done;
  }
  const rows = runs.map(({ id, workflow, profile, file, started, state, steps, pinned }) => [
    id,
    printableLine(profile === undefined ? workflow : `${workflow} (${profile})`),
    day(started),
    state,
    String(steps),
    pinned ? 'pinned' : '',
    printableLine(file),
  ]);
  print(columns([['RUN', 'WORKFLOW', 'STARTED', 'STATE', 'STEPS', '', 'FILE'], ...rows], [4]));
  const problems = runs.flatMap(({ id, problem }) => (problem === undefined ? [] : [`${id}: ${problem}\n`]));
  if (problems.length > 0) print(`\nWhat was the matter:\n${problems.join('')}`);
  return exitCodes.done;
};

export const pin: CacheCommand = (store, rest) => setPinned(store, rest[0], true);
export const unpin: CacheCommand = (store, rest) => setPinned(store, rest[0], false);

async function setPinned(store: Store, id: string | undefined, pinned: boolean) {
  const run = findRun(store, id);
  await store.runs.write({ ...run, pinned });
  print(`${run.id} of ${printableLine(run.workflow)} is ${pinned ? '' : 'no longer '}pinned\n`);
  return exitCodes.done;
}

/** A run by its id, or by a beginning of it that no other has. */
function findRun(store: Store, id: string | undefined): RunRecord {
  if (id === undefined) throw new UsageError('which run?', { hint: 'runflow cache runs lists them.' });
  const runs = store.runs.list();
  const found = runs.filter((run) => run.id.startsWith(id));
  if (found.length === 1) return found[0]!;
  if (found.length > 1) throw new UsageError(`${found.length} runs begin with ${id}`, { hint: 'Give more of the id.' });
  const meant = nearest(
    id,
    runs.map((run) => run.id),
  );
  throw new UsageError(`there is no run ${id}`, {
    hint: meant === undefined ? 'runflow cache runs lists them.' : didYouMean(id, meant, meant),
  });
}
