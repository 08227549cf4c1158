import { basename } from 'node:path';
import { type Digest, isDigest } from '../formats/digest.js';
import { removeFolder } from '../formats/remove-folder.js';
import { publishedKind } from './action-store.js';
import { lockForCollection } from './collect.js';
import { listFiles } from './folder-entries.js';
import { listActions, objectsOf } from './inventory.js';
import { DamagedObjectError } from './object-store.js';
import type { Store } from './store.js';

export type Damage =
  | { readonly type: 'object'; readonly digest: Digest; readonly bytes: number }
  | {
      readonly type: 'damage';
      readonly what: string;
      readonly problem: string;
      /** Steps that will run again because of it, as `workflow: step`. */
      readonly steps: readonly string[];
    };

/**
 * Hashes every object and reads every action. What is damaged is named and thrown away, so that the next run makes it
 * again; of what no step makes, such as the page of an earlier run, the record is thrown away too. Yields an `object` for
 * each one looked at, sound or not. Files outside the store are not read: that is done whenever they are used.
 */
export async function* verifyStore(store: Store): AsyncGenerator<Damage> {
  if (!store.folder.exists) return;
  const lock = await lockForCollection(store);
  try {
    yield* findings(store);
  } finally {
    await lock.release();
  }
}

async function* findings(store: Store): AsyncGenerator<Damage> {
  const { folder } = store;
  const steps = new Map<Digest, string[]>();
  /** Records of what runs published, by object: no step makes it again. */
  const published = new Map<Digest, string[]>();
  const forget = async (digest: Digest) => {
    for (const path of published.get(digest) ?? []) await folder.disk.promises.rm(path, { force: true });
  };
  for (const { key, action, path } of listActions(store)) {
    if (action === 'garbage') {
      await removeFolder(path, folder.disk.promises);
      yield { type: 'damage', what: `action ${key}`, problem: 'its record is not whole', steps: [] };
      continue;
    }
    for (const digest of objectsOf(action)) {
      if (action.kind === publishedKind) published.set(digest, [...(published.get(digest) ?? []), path]);
      const needing = steps.get(digest);
      const step = `${action.workflow}: ${action.step}`;
      if (needing === undefined) steps.set(digest, [step]);
      else needing.push(step);
    }
  }
  const seen = new Set<Digest>();
  for (const { path, bytes } of listFiles(folder, folder.in('objects'))) {
    const digest = `sha256:${basename(path)}`;
    if (!isDigest(digest) || folder.object(digest) !== path) {
      yield { type: 'damage', what: path, problem: 'it is not an object', steps: [] };
      continue;
    }
    seen.add(digest);
    yield { type: 'object', digest, bytes };
    try {
      await store.objects.verify({ digest, bytes });
    } catch (error) {
      if (!(error instanceof DamagedObjectError)) throw error;
      await forget(digest);
      // A link that leads nowhere is listed, and cannot be opened.
      if (folder.disk.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) await folder.disk.promises.rm(path);
      yield { type: 'damage', what: `object ${digest}`, problem: error.problem, steps: steps.get(digest) ?? [] };
    }
  }
  for (const [digest, needing] of steps) {
    if (seen.has(digest)) continue;
    await forget(digest);
    // What is no file may stand in its place.
    await removeFolder(folder.object(digest), folder.disk.promises);
    yield { type: 'damage', what: `object ${digest}`, problem: 'is missing', steps: needing };
  }
}
