import type { Action } from '../../formats/action.js';
import type { Artifact } from '../../formats/artifact.js';
import { type Digest, hexOf } from '../../formats/digest.js';
import type { Found } from '../../plan/resolve.js';
import type { OutputDifference } from '../../store/action-store.js';
import type { Lock, LockWait } from '../../store/locks.js';
import { unlessDamaged } from '../../store/object-store.js';
import { isSameProcess, type ProcessIdentity } from '../../store/process-identity.js';
import type { ActiveRun, RunRecord } from '../../store/runs.js';
import type { Store } from '../../store/store.js';

/** What the scheduler needs of a store; a test gives it one in memory. */
export interface StepStore {
  readonly path: string;
  /** The id of the run. */
  readonly run: string;
  /** Notes that the run uses the key (gc then spares it) and looks it up. */
  lookUp(key: Digest, step: string): Found;
  /** Waits for what a remote store has of a key; nothing without one. */
  ask(key: Digest): Promise<void>;
  /** Brings from the remote store what is not here. @throws DamagedObjectError when it has lost some of it */
  bring(artifacts: readonly Artifact[], onProgress: (done: number, total: number) => void): Promise<void>;
  /** The lock on a key, unless another run has it. With it in hand `lookUp` sees what any host has recorded. */
  tryLock(key: Digest): Promise<Lock | undefined>;
  /** The claim on a model that is made for several steps, unless another runner has it. */
  tryLockModel(model: Digest): Promise<Lock | undefined>;
  /** Makes the next look-up of a key see what other hosts have recorded. */
  refresh(key: Digest): Promise<void>;
  /**
   * Waits until the run that works on the key has recorded its action or given up.
   * @param options.force wait for the lock alone, whatever is recorded
   */
  waitForLock(
    key: Digest,
    options: { readonly force: boolean; readonly signal: AbortSignal; readonly onWait: (wait: LockWait) => void },
  ): Promise<{ readonly lock: Lock } | { readonly action: Action }>;
  /** The run and workflow that a process works on; nothing where the store does not tell. */
  runOf(owner: ProcessIdentity): { readonly run?: string; readonly workflow?: string };
  /** Whether the bytes of an artifact can be there: a cheap look, no proof. */
  has(artifact: Artifact): boolean;
  /** Reads the bytes of an artifact; what is damaged is thrown away. @throws EnvironmentError when they cannot be read */
  check(artifact: Artifact): Promise<void>;
  /** Records a step as done on this host. A whole record that stands there stays, unless it is to be replaced. */
  record(action: Omit<Action, 'host'>, options: { readonly replace: boolean }): Promise<OutputDifference | undefined>;
  /** Removes the resumable state of the owner of a lock. */
  removeScratch(key: Digest, token: string): Promise<void>;
  /** Name of this host for people. */
  readonly host: string;
}

export function stepStore(store: Store, run: ActiveRun): StepStore {
  return {
    path: store.path,
    run: run.record.id,
    lookUp: (key, step) => {
      const found = store.lookUp(key, { run, step });
      // Looked up when it becomes ready: the answer comes while other steps are in work.
      if (found.status !== 'hit') store.upstream?.wish(key);
      return found;
    },
    ask: async (key) => void (await store.upstream?.ask([key])),
    bring: (artifacts, onProgress) => store.bring(artifacts, nowAndThen(onProgress)),
    host: store.folder.participant.hostName,
    tryLock: (key) => tryLock(store, key),
    tryLockModel: (model) => store.locks.tryAcquire(`model-${hexOf(model)}`),
    refresh: (key) => store.actions.refresh(key),
    waitForLock: (key, options) => store.claim(key, options),
    runOf: runFinder(store),
    has: (artifact) => store.has(artifact),
    check: async ({ at, ...artifact }) => {
      if (at === undefined) await store.objects.verify(artifact).catch(unlessDamaged);
    },
    record: (action, options) => {
      const { hostName: host } = store.folder.participant;
      return store.actions.record({ ...action, host }, options);
    },
    removeScratch: (key, token) => store.scratch.remove(key, token),
  };
}

async function tryLock(store: Store, key: Digest): Promise<Lock | undefined> {
  const lock = await store.locks.tryAcquire(hexOf(key));
  try {
    if (lock !== undefined) await store.actions.refresh(key);
    return lock;
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

/** Milliseconds between two events about bytes that arrive. */
const progressInterval = 100;

function nowAndThen(tell: (done: number, total: number) => void): (done: number, total: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (done, total) => {
    const now = performance.now();
    if (now - last < progressInterval && done < total) return;
    last = now;
    tell(done, total);
  };
}

/** Runs are read again after so long: each of many that share a store waits for all others, step after step. */
const runsKnownMilliseconds = 10_000;

/** A process that watches files runs one workflow after another: the newest run that has not ended is the one. */
function runFinder(store: Store): StepStore['runOf'] {
  let known: readonly RunRecord[] = [];
  let until = Number.NEGATIVE_INFINITY;
  return (process) => {
    if (performance.now() > until) {
      known = store.runs.list().filter(({ finished }) => finished === undefined);
      until = performance.now() + runsKnownMilliseconds;
    }
    const found = known.find(({ owner }) => isSameProcess(owner, process));
    return found === undefined ? {} : { run: found.id, workflow: found.workflow };
  };
}
