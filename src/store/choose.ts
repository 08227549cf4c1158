import type { Action } from '../formats/action.js';
import type { Digest } from '../formats/digest.js';
import {
  type ListedAction,
  type ListedObject,
  listActions,
  listObjects,
  objectsNamedBy,
  outputBytes,
  sumOf,
} from './inventory.js';
import { type RunRecord, seriesOf } from './runs.js';
import type { Store } from './store.js';

/** The newest runs of each workflow and profile, if no older than that, keep what they used. */
const recentRuns = { perWorkflow: 3, days: 30 } as const;

/** Times of files go by ticks of the file system's clock, in milliseconds. */
const clockSlack = 2000;

export interface Choice {
  readonly victims: readonly ListedAction[];
  readonly objects: readonly ListedObject[];
  /** Only objects older than this may go. */
  readonly writtenBefore: number;
  readonly neededBytes: number;
}

/**
 * Chooses what may go: every object of no action, every record that is not whole, and the actions used longest ago
 * until `over` bytes are freed.
 * @param now of the clock of the file system
 */
export function choose(store: Store, runs: readonly RunRecord[], now: number, over: number): Choice {
  const listed = listActions(store);
  const { needed, oldestActive } = readRuns(store, runs, now);
  const lastUses = store.runs.lastUses();
  const writtenBefore = Math.min(now, oldestActive) - clockSlack;

  const objects = new Map(listObjects(store.folder).map((object) => [object.digest, object]));
  const names = new Map<Digest, number>();
  const neededObjects = new Set<Digest>();
  for (const { key, action } of listed) {
    if (action === 'garbage') continue;
    for (const digest of objectsNamedBy(action)) {
      names.set(digest, (names.get(digest) ?? 0) + 1);
      if (needed.has(key)) neededObjects.add(digest);
    }
  }

  const freed: ListedObject[] = [...objects.values()].filter(
    ({ digest, modified }) => !names.has(digest) && modified < writtenBefore,
  );
  const victims = listed.filter(({ action }) => action === 'garbage');
  let left = over - sumOf(freed) - sumOf(victims);
  const used = ({ key, modified }: ListedAction) => lastUses.get(key) ?? modified;
  const candidates = listed
    .filter(({ key, action }) => action !== 'garbage' && !needed.has(key))
    .sort((a, b) => used(a) - used(b) || costPerByte(a) - costPerByte(b));
  for (const candidate of candidates) {
    if (left <= 0) break;
    victims.push(candidate);
    left -= candidate.bytes;
    for (const digest of objectsNamedBy(candidate.action as Action)) {
      const others = names.get(digest)! - 1;
      names.set(digest, others);
      const object = objects.get(digest);
      if (others > 0 || object === undefined || object.modified >= writtenBefore) continue;
      freed.push(object);
      left -= object.bytes;
    }
  }
  const neededBytes = sumOf([...neededObjects].flatMap((digest) => objects.get(digest) ?? []));
  return { victims, objects: freed, writtenBefore, neededBytes };
}

/** Which keys must stay, and since when the oldest active run goes on. */
function readRuns(store: Store, runs: readonly RunRecord[], now: number) {
  const needed = new Set<Digest>(store.locks.held().map((name) => `sha256:${name}` as const));
  const newerRuns = new Map<string, number>();
  let oldestActive = Number.POSITIVE_INFINITY;
  for (const run of runs) {
    const started = Date.parse(run.started);
    const newer = newerRuns.get(seriesOf(run)) ?? 0;
    newerRuns.set(seriesOf(run), newer + 1);
    const recent = newer < recentRuns.perWorkflow && now - started < recentRuns.days * 24 * 3600_000;
    const active = store.runs.isActive(run);
    if (active) oldestActive = Math.min(oldestActive, run.begun ?? started);
    if (recent || active || run.pinned) for (const { key } of store.runs.keysOf(run.id)) needed.add(key);
  }
  return { needed, oldestActive };
}

/** Cost of making a byte again: among actions last used at the same time, the cheapest goes first. */
function costPerByte({ action, bytes }: ListedAction): number {
  return action === 'garbage' ? 0 : action.seconds / (bytes + outputBytes(action));
}
