import { resolve } from 'node:path';
import { DataError } from '../diagnostics/errors.js';
import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import { type Digest, hexOf } from '../formats/digest.js';
import { ActionStore, type LookUp } from './action-store.js';
import { ArtifactPlaces } from './artifact-places.js';
import { diskError } from './disk.js';
import { FileDigests } from './file-digests.js';
import { type Lock, Locks, type LockWait } from './locks.js';
import { ObjectStore } from './object-store.js';
import type { Participant } from './participant.js';
import { RunValues } from './run-values.js';
import { type ActiveRun, type OfSeries, Runs } from './runs.js';
import { Scratch } from './scratch.js';
import { Silence } from './silence.js';
import { StepDurations } from './step-durations.js';
import { StepLogs } from './step-logs.js';
import { memoryKey, StoreFolder } from './store-folder.js';
import type { Upstream } from './upstream.js';

export interface EarlierAction {
  readonly action: Action;
  /** Id of the newest run that used it. */
  readonly run: string;
}

/**
 * The content-addressed store. Several processes may have it open at once: what is in it never changes, is looked up
 * without locks, and appears whole or not at all. Opening makes nothing; the first write does.
 */
export class Store {
  readonly folder: StoreFolder;
  readonly objects: ObjectStore;
  readonly actions: ActionStore;
  /** Places of the bytes of artifacts on this host. */
  readonly places: ArtifactPlaces;
  /** Digests of files outside the store. */
  readonly files: FileDigests;
  readonly locks: Locks;
  /** How long others give no sign of life. */
  readonly silence: Silence;
  readonly runs: Runs;
  readonly runValues: RunValues;
  /** Resumable state of steps in work. */
  readonly scratch: Scratch;
  readonly logs: StepLogs;
  /** How long steps took, for the time left of later runs. */
  readonly durations: StepDurations;
  /** Another store that results are taken from which are not here. */
  upstream: Upstream | undefined;

  private constructor(folder: StoreFolder) {
    this.folder = folder;
    this.objects = new ObjectStore(folder);
    this.files = new FileDigests(folder);
    this.places = new ArtifactPlaces(this.objects, this.files, folder.participant.hubCache);
    this.actions = new ActionStore(folder, this.objects, this.places);
    this.silence = new Silence(folder);
    this.locks = new Locks(folder, this.silence);
    this.runs = new Runs(folder, this.silence);
    this.scratch = new Scratch(folder, this.locks);
    this.runValues = new RunValues(folder, this.locks);
    this.logs = new StepLogs(folder);
    this.durations = new StepDurations(folder);
  }

  /**
   * @param replaced what tests put in the place of this process, its host and its disk
   * @throws EnvironmentError when the folder is not a store, and not empty
   */
  static open(path: string, replaced: Partial<Participant> = {}): Store {
    return new Store(new StoreFolder(resolve(path), replaced));
  }

  get path(): string {
    return this.folder.path;
  }

  /**
   * Looks a step up, here and among what is known of the upstream. A run says so first, which keeps gc from taking what
   * it finds; `plan` and `explain` only look.
   */
  lookUp(key: Digest, by?: { readonly run: ActiveRun; readonly step: string }): LookUp {
    by?.run.use(key, by.step);
    const found = this.actions.lookUp(key);
    if (found.status === 'hit') return found;
    const action = this.upstream?.find(key);
    return action === undefined ? found : { status: 'hit', action, remote: true };
  }

  /**
   * For a step that must run: the lock on its key, or the action that another run has recorded in the meantime. Waits
   * while another run works on it.
   * @param options.force run it even if it is recorded
   */
  async claim(
    key: Digest,
    options: {
      readonly force?: boolean;
      readonly signal?: AbortSignal;
      readonly onWait?: (wait: LockWait) => void;
    } = {},
  ): Promise<{ readonly lock: Lock } | { readonly action: Action }> {
    const claimed = await this.locks.acquire(
      hexOf(key),
      async (isFresh) => {
        if (isFresh) await this.actions.refresh(key);
        const found = options.force ? undefined : this.actions.lookUp(key);
        return found?.status === 'hit' ? found.action : undefined;
      },
      options,
    );
    return 'lock' in claimed ? claimed : { action: claimed.ready };
  }

  /**
   * Reads bytes [offset, offset + length) of an artifact, of the store or of the file it lies in. What is not here is
   * brought from the upstream first.
   * @throws DamagedObjectError, DataError when they are not what the digest says
   */
  async read(artifact: Artifact, offset = 0, length = artifact.bytes - offset): Promise<Uint8Array<ArrayBuffer>> {
    const { bytes, digest } = artifact;
    if (offset < 0 || length < 0 || offset + length > bytes) {
      throw new RangeError(`bytes ${offset} to ${offset + length} of an artifact of ${bytes}`);
    }
    await this.bring([artifact]);
    const { at } = artifact;
    const place = this.places.find(artifact);
    if (place === undefined ? at === undefined : place.file === undefined) {
      return this.objects.read(artifact, offset, length);
    }
    const file = place?.file ?? { path: at!.file, offset: at!.offset };
    try {
      return await this.files.read(file.path, { offset: file.offset, bytes }, digest, offset, length);
    } catch (error) {
      // By now it is remembered that those are other bytes: the right ones may lie elsewhere.
      const other = this.places.find(artifact);
      if (!(error instanceof DataError) || other === undefined || other.file?.path === file.path) throw error;
      return this.read(artifact, offset, length);
    }
  }

  /** Whether the bytes of an artifact can be there: a cheap look, no proof. */
  has(artifact: Artifact): boolean {
    return this.places.find(artifact) !== undefined;
  }

  /**
   * Brings from the upstream what is not here.
   * @param onProgress told how many bytes have arrived, and how many are to come in all
   * @throws DamagedObjectError when it can give some of it no more
   */
  async bring(artifacts: readonly Artifact[], onProgress?: (done: number, total: number) => void): Promise<void> {
    if (this.upstream === undefined) return;
    const missing = new Map(artifacts.filter((one) => !this.has(one)).map((one) => [one.digest, one]));
    if (missing.size === 0) return;
    const total = [...missing.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    await this.upstream.bring([...missing.values()], (bytes) => {
      done += bytes;
      onProgress?.(done, total);
    });
  }

  /**
   * A folder that all steps share which ask for the same name; see `StepContext.memory`. Several processes may write to
   * it at once, each file whole under a name of its own.
   */
  async memory(name: string): Promise<string> {
    await this.folder.prepare();
    const path = this.folder.scratch(memoryKey(name));
    try {
      await this.folder.makeFolder(path);
    } catch (error) {
      throw diskError(error, this.path, 'making a folder of what steps remember');
    }
    return path;
  }

  /**
   * The newest action of a step of a workflow file that has another key than the step has now, if that is known, and the
   * newest run that used it: what `explain` compares with.
   */
  nearestAction(workflow: OfSeries): (step: string, key: Digest | undefined) => EarlierAction | undefined {
    const earlierKeys = this.runs.earlierKeys(workflow);
    return (step, key) => {
      for (const { key: earlier, run } of earlierKeys(step)) {
        const action = earlier === key ? undefined : this.actions.read(earlier);
        if (action !== undefined && action !== 'garbage') return { action, run };
      }
      return undefined;
    };
  }
}
