import { EnvironmentError } from '../diagnostics/errors.js';
import type { Digest } from '../formats/digest.js';
import { removeFolder } from '../formats/remove-folder.js';
import { choose } from './choose.js';
import { diskError, errorCode, unlessInUse } from './disk.js';
import {
  type ListedAction,
  type ListedObject,
  listActions,
  listObjects,
  objectsNamedBy,
  outputBytes,
  sumOf,
  usage,
} from './inventory.js';
import { findLitter, type Litter } from './litter.js';
import type { Lock } from './locks.js';
import { sizeLimit } from './size-limit.js';
import type { Store } from './store.js';

export interface Collection {
  readonly limit: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly actions: readonly { readonly step: string; readonly workflow: string; readonly bytes: number }[];
  /** Objects that went, also those of no action (left by killed runs). */
  readonly objects: number;
  readonly litter: readonly Litter[];
  /** Bytes of objects that recent, pinned and active runs need. */
  readonly neededBytes: number;
}

/**
 * Frees what nobody can need (litter, objects of no action), then, while the store is over its limit, the actions that
 * were used longest ago, with the objects that only they name. What recent, pinned or active runs used stays.
 *
 * Runs may go on meanwhile. An action is first taken away, then the keys of active runs are read again, and it is put
 * back if one is using it: a run notes a key before it looks it up, so one of the two sees the other. An object goes
 * only if no action names it, those recorded meanwhile included, and if it was not written since.
 */
export async function collect(
  store: Store,
  { limit, dryRun = false }: { readonly limit: (used: number) => number; readonly dryRun?: boolean },
): Promise<Collection> {
  const lock = dryRun || !store.folder.exists ? undefined : await lockForCollection(store);
  try {
    return await collectLocked(store, limit, lock);
  } catch (error) {
    throw diskError(error, store.path, 'collecting garbage');
  } finally {
    await lock?.release();
  }
}

/** Collects if the store has grown over its limit and nobody else does. Call it after a run that wrote something. */
export async function keepWithinLimit(store: Store, given: string | undefined): Promise<Collection | undefined> {
  const used = bytesOf(store);
  const limit = (bytes: number) => sizeLimit(given, store.path, bytes, store.folder.disk);
  if (used <= limit(used) || store.locks.held().includes('gc')) return undefined;
  return collect(store, { limit });
}

/** Lock of everything that may throw something away: one at a time. */
export async function lockForCollection(store: Store): Promise<Lock> {
  const lock = await store.locks.tryAcquire('gc');
  if (lock !== undefined) return lock;
  // Its owner may be silent: the next one to ask knows since when.
  await store.silence.save();
  throw new EnvironmentError(`another process is tidying or checking the store ${store.path}`, {
    hint: 'Wait until it is done.',
  });
}

/** @param lock absent: nothing is taken, it is only said what would be */
async function collectLocked(
  store: Store,
  limitFor: (used: number) => number,
  lock: Lock | undefined,
): Promise<Collection> {
  const now = lock === undefined ? Date.now() : await store.folder.time();
  const runs = store.runs.list();
  const bytesBefore = bytesOf(store);
  const limit = limitFor(bytesBefore);
  const litter = findLitter(store, runs, now);
  const choice = choose(store, runs, now, bytesBefore - sumOf(litter) - limit);

  let victims = choice.victims;
  let objects = choice.objects;
  if (lock !== undefined) {
    await requireOurs(lock, store);
    for (const item of litter) await removeLitter(store, item);
    await store.locks.sweep();
    await requireOurs(lock, store);
    victims = await takeAway(store, victims);
    await requireOurs(lock, store);
    objects = await removeUnnamed(store, choice.writtenBefore);
    await store.silence.save();
  }
  const freed = sumOf(litter) + sumOf(victims) + sumOf(objects);
  return {
    limit,
    bytesBefore,
    bytesAfter: bytesBefore - freed,
    actions: victims.flatMap(({ action, bytes }) =>
      action === 'garbage'
        ? []
        : [{ step: action.step, workflow: action.workflow, bytes: bytes + outputBytes(action) }],
    ),
    objects: objects.length,
    litter,
    neededBytes: choice.neededBytes,
  };
}

function bytesOf(store: Store): number {
  return Object.values(usage(store.folder)).reduce((total, bytes) => total + bytes, 0);
}

/** What was chosen long ago may be in use by now: a gc that was stopped for so long that another began must not go on. */
async function requireOurs(lock: Lock, store: Store): Promise<void> {
  if (await lock.isOurs()) return;
  throw new EnvironmentError(
    `another process tidies the store ${store.path}: this one gave no sign of life for too long`,
    {
      hint: 'Nothing is lost. Run it again when the other is done.',
    },
  );
}

async function removeLitter({ folder }: Store, { path, parts }: Litter): Promise<void> {
  const { promises } = folder.disk;
  for (const part of parts ?? [path]) await removeFolder(part, promises).catch(unlessInUse);
  if (parts !== undefined) await promises.rmdir(path).catch(unlessInUse);
}

/** Takes actions away but for those that an active run turns out to use. */
async function takeAway(store: Store, victims: readonly ListedAction[]): Promise<readonly ListedAction[]> {
  const { promises } = store.folder.disk;
  const away: { readonly victim: ListedAction; readonly to: string }[] = [];
  for (const victim of victims) {
    const to = await store.folder.temporary();
    await promises.rename(victim.path, to);
    away.push({ victim, to });
  }
  const inUse = new Set<Digest>();
  for (const run of store.runs.list().filter((run) => store.runs.isActive(run))) {
    for (const { key } of store.runs.keysOf(run.id)) inUse.add(key);
  }
  const gone: ListedAction[] = [];
  for (const { victim, to } of away) {
    if (inUse.has(victim.key) && victim.action !== 'garbage') {
      // By a link, which leaves alone what the run may have recorded meanwhile.
      await promises.link(to, victim.path).catch((error) => {
        if (errorCode(error) !== 'EEXIST') throw error;
      });
    } else {
      gone.push(victim);
    }
    await removeFolder(to, promises);
  }
  return gone;
}

/** Removes the objects that no action names. */
async function removeUnnamed(store: Store, writtenBefore: number): Promise<readonly ListedObject[]> {
  const { disk } = store.folder;
  const objects = listObjects(store.folder);
  // The actions are read after the objects: one recorded later still wrote its objects since, and time spares them.
  const named = new Set(
    listActions(store).flatMap(({ action }) => (action === 'garbage' ? [] : objectsNamedBy(action))),
  );
  const removed: ListedObject[] = [];
  for (const object of objects) {
    if (named.has(object.digest)) continue;
    // What stands there may be a link that leads nowhere, or a folder.
    const status = disk.lstatSync(object.path, { throwIfNoEntry: false });
    if (status === undefined || status.mtimeMs >= writtenBefore) continue;
    await removeFolder(object.path, disk.promises);
    removed.push(object);
  }
  return removed;
}
