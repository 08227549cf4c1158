import { basename, join, relative, sep } from 'node:path';
import { isDigest } from '../formats/digest.js';
import { errorCode, readText } from './disk.js';
import { entriesOf, listFiles, type StoredFile } from './folder-entries.js';
import { sumOf } from './inventory.js';
import { liveness, parseIdentity } from './process-identity.js';
import { type RunRecord, seriesOf } from './runs.js';
import { unseal } from './sealed.js';
import type { Store } from './store.js';
import { refreshing } from './store-folder.js';

const day = 24 * 3600_000;
/** State of a killed step waits this long for a run that resumes it. */
const scratchKept = 14 * day;
/** What attempts at a step said waits this long for a result of it, or for someone who looks. */
const logsKept = 14 * day;
/** What processes of a host saw waits this long for another one that looks. */
const observationsKept = 14 * day;
/** Digests of files that only another host can see wait this long for it. */
const othersFilesKept = 30 * day;
/** Runs that are remembered of each workflow and profile: what they used tells which key a step had before. */
const runsKept = 20;

/** Something that no one can need any more. */
export interface Litter {
  readonly what: 'temporary file' | 'scratch folder' | 'run record' | 'file record' | 'log' | 'observation';
  readonly path: string;
  readonly bytes: number;
  /** What of a folder may go; absent: all of it. What was put into it since stays, and so does the folder then. */
  readonly parts?: readonly string[];
}

/**
 * Left-overs of dead processes, state of steps that are done or forgotten, old run records and logs, records of changed files.
 * @param now of the clock of the file system
 */
export function findLitter(store: Store, runs: readonly RunRecord[], now: number): readonly Litter[] {
  return [
    ...deadTemporaryFiles(store),
    ...deadLooks(store),
    ...orphanScratch(store, now),
    ...oldRuns(store, runs),
    ...orphanLogs(store, now),
    ...outdatedFileRecords(store, now),
    ...oldObservations(store, now),
  ];
}

function deadTemporaryFiles(store: Store): readonly Litter[] {
  const { folder } = store;
  return listFiles(folder, folder.in('tmp'))
    .filter((file) => isDead(store, file.path, basename(file.path)))
    .map(({ path, bytes }) => ({ what: 'temporary file', path, bytes }));
}

/** Folders of processes that were killed while they made their host look at a folder again. */
function deadLooks(store: Store): readonly Litter[] {
  const { folder } = store;
  const actions = entriesOf(folder, folder.in('actions')).map(({ name }) => folder.in('actions', name));
  return [folder.in('locks'), ...actions].flatMap((path) =>
    entriesOf(folder, path)
      .filter(({ name }) => name.startsWith(refreshing))
      .map(({ name }) => ({ what: 'temporary file', path: join(path, name), bytes: 0 }) as const)
      .filter((found) => isDead(store, found.path, basename(found.path).slice(refreshing.length))),
  );
}

/** Whether the process is dead that gave a file its name, or was silent for so long that it counts as dead. */
function isDead({ folder, silence }: Store, path: string, name: string): boolean {
  const { identity, timing } = folder.participant;
  const owner = parseIdentity(name);
  const state = owner === undefined ? 'unknown' : liveness(owner, identity);
  if (state !== 'unknown') return state === 'dead';
  const modified = folder.disk.lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  const file = relative(folder.path, path).replaceAll(sep, '/');
  return modified !== undefined && silence.of(file, `${modified}`) > timing.silenceMilliseconds;
}

function orphanScratch(store: Store, now: number): readonly Litter[] {
  const { folder } = store;
  const scratch = folder.in('scratch');
  const found = entriesOf(folder, scratch).map(({ name }) => ({
    name,
    parts: entriesOf(folder, join(scratch, name)).map((entry) => join(scratch, name, entry.name)),
  }));
  // Asked after the folders: what is listed and in no work now is of owners that have gone, and only that is removed.
  const inWork = new Set(store.locks.held());
  const litter: Litter[] = [];
  for (const { name, parts } of found) {
    const key = `sha256:${name}`;
    const path = join(scratch, name);
    if (!isDigest(key) || inWork.has(name)) continue;
    const files = listFiles(folder, path);
    if (store.lookUp(key).status === 'hit' || now - newest(store, path, files) > scratchKept) {
      litter.push({ what: 'scratch folder', path, bytes: sumOf(files), parts });
    }
  }
  return litter;
}

/** Observations of hosts that have long not looked: each start of a host or container has a file of its own. */
function oldObservations({ folder }: Store, now: number): readonly Litter[] {
  return (
    listFiles(folder, folder.in('observed'))
      .filter(({ modified }) => now - modified > observationsKept)
      // Like locks, what was observed counts as nothing of the store's size.
      .map(({ path }) => ({ what: 'observation', path, bytes: 0 }))
  );
}

function newest({ folder }: Store, path: string, files: readonly StoredFile[]): number {
  const made = folder.disk.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return files.reduce((latest, file) => Math.max(latest, file.modified), made);
}

function oldRuns(store: Store, runs: readonly RunRecord[]): readonly Litter[] {
  const { folder } = store;
  const seen = new Map<string, number>();
  const kept = new Set<string>();
  for (const run of runs) {
    const newer = seen.get(seriesOf(run)) ?? 0;
    seen.set(seriesOf(run), newer + 1);
    if (newer < runsKept || run.pinned || store.runs.isActive(run)) kept.add(run.id);
  }
  return runs
    .filter((run) => !kept.has(run.id))
    .map((run) => {
      const path = store.runs.folderOf(run.id);
      return { what: 'run record', path, bytes: sumOf(listFiles(folder, path)) };
    });
}

/** Logs go with the action that they are of; those of steps that failed stay for a while. */
function orphanLogs(store: Store, now: number): readonly Litter[] {
  const { folder } = store;
  const root = folder.in('logs');
  const keys = entriesOf(folder, root).flatMap(({ name: prefix }) =>
    entriesOf(folder, join(root, prefix)).map(({ name }) => ({ name, path: join(root, prefix, name) })),
  );
  return keys.flatMap(({ name, path }) => {
    const key = `sha256:${name}`;
    if (!isDigest(key) || store.actions.read(key) !== undefined) return [];
    const files = listFiles(folder, path);
    if (now - newest(store, path, files) <= logsKept) return [];
    return [{ what: 'log', path, bytes: sumOf(files) } as const];
  });
}

function outdatedFileRecords({ folder, files }: Store, now: number): readonly Litter[] {
  return listFiles(folder, folder.in('files'))
    .filter(({ path, modified }) => {
      const record = unseal(readOrEmpty(() => readText(folder.disk, path)));
      const isCurrent = record === undefined ? 'no' : files.isCurrent(record);
      return isCurrent === 'no' || (isCurrent === 'unknown' && now - modified > othersFilesKept);
    })
    .map(({ path, bytes }) => ({ what: 'file record', path, bytes }));
}

function readOrEmpty(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return '';
  }
}
