import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { type Digest, digestOf, hexOf } from '../../formats/digest.js';
import { placeFile } from '../../formats/place-file.js';
import { publishedKind } from '../../store/action-store.js';
import type { Lock } from '../../store/locks.js';
import type { Store } from '../../store/store.js';
import type { EventBus } from '../events.js';
import { digestOfFile, exists } from './file.js';
import { moveToPrevious } from './previous-folder.js';
import { type PublishedFile, settingsBehind } from './record.js';
import { ReplacedFiles, reasonToKeep } from './replaced-files.js';

/** Stands for a step in the record of what the run itself wrote. */
const runStep = 'run';

/** A run, as far as its results go. */
export interface ResultsOfRun {
  readonly id: string;
  readonly workflowFile: string;
  /** Settings of the run, as canonical text. */
  readonly settings: string;
}

/** The same with the files of earlier runs that had to make room for its own, where they are now: placing adds to them. */
export interface RunInFolder extends ResultsOfRun {
  readonly aside: PublishedFile[];
}

/**
 * The placing of files in a results folder by one run, which holds the lock of the folder all the while. A file of
 * another making in its place is moved to `previous/` first, and noted for a warning.
 */
export class FilePlacement {
  /** What had to make room since this began. */
  readonly replaced = new ReplacedFiles();
  readonly #folder: string;
  readonly #store: Store;
  readonly #events: EventBus;
  readonly #run: ResultsOfRun;
  readonly #lock: Lock;
  readonly #aside: PublishedFile[];

  private constructor(folder: string, store: Store, events: EventBus, run: RunInFolder, lock: Lock) {
    this.#folder = folder;
    this.#store = store;
    this.#events = events;
    this.#run = run;
    this.#lock = lock;
    this.#aside = run.aside;
  }

  /**
   * Waits for the lock of the folder. Whoever began must end.
   * @param folder absolute
   */
  static async begin(folder: string, store: Store, events: EventBus, run: RunInFolder): Promise<FilePlacement> {
    const real = existsSync(folder) ? realpathSync(folder) : folder;
    const claimed = await store.locks.acquire(`results-${hexOf(digestOf(real)).slice(0, 32)}`, () => undefined);
    if (!('lock' in claimed)) throw new Error('a lock that nothing can make superfluous');
    return new FilePlacement(folder, store, events, run, claimed.lock);
  }

  /** Gives the lock back. */
  async end(): Promise<void> {
    await this.#lock.release();
  }

  /** Asked before each file that is placed or moved: who was stopped for long, and goes on, must not mix its files with those of another run. */
  async requireLock(): Promise<void> {
    if (await this.#lock.isOurs()) return;
    throw new EnvironmentError(`another run writes to ${this.#folder}: this one gave no sign of life for too long`, {
      hint: 'Run the same command again when the other is done: finished steps are kept.',
    });
  }

  /** Puts a result into its place, unless it is there. */
  async place(
    file: string,
    digest: Digest,
    known: PublishedFile | undefined,
    read: () => Promise<Uint8Array>,
  ): Promise<PublishedFile> {
    const { id } = this.#run;
    const settings = this.#settingsBehind(file);
    const path = join(this.#folder, file);
    const present = await digestOfFile(path);
    if (present !== digest) {
      // Read first: with a damaged object nothing is touched.
      const bytes = await read();
      await this.requireLock();
      const reason = exists(path) ? reasonToKeep(known, present, settings) : undefined;
      if (reason !== undefined) {
        const to = await moveToPrevious(this.#folder, file);
        if (known !== undefined && known.digest === present) this.#aside.push({ ...known, file: to, current: false });
        this.replaced.add(reason, file, to);
      }
      await placeFile(path, bytes, '--out');
    }
    this.#events.publish({ type: 'result', file: path, changed: present !== digest });
    const run = known?.digest === digest ? known.run : id;
    return { file, step: runStep, digest, run, current: true, settings };
  }

  /** Places what no step made. The store keeps it too, under a record as of a step, for whoever looks back at the run, and has it already when nothing is new. */
  async placeBytes(file: string, bytes: Uint8Array, known: PublishedFile | undefined): Promise<PublishedFile> {
    const digest = digestOf(bytes);
    const key = digestOf(`published ${digest}`);
    if (this.#store.actions.lookUp(key).status !== 'hit') {
      const object = await this.#store.objects.put(bytes);
      await this.#store.actions.record({
        key,
        kind: publishedKind,
        revision: 1,
        params: {},
        inputs: {},
        versions: {},
        outputs: { [file]: object },
        workflow: this.#run.workflowFile,
        step: runStep,
        seconds: 0,
        started: new Date().toISOString(),
      });
    }
    return this.place(file, digest, known, () => Promise.resolve(bytes));
  }

  /** The bytes of a file that is as an earlier run with the same settings left it. */
  async bytesOf({ file, digest, settings }: PublishedFile): Promise<Uint8Array | undefined> {
    const path = join(this.#folder, file);
    if (settings !== this.#settingsBehind(file) || (await digestOfFile(path)) !== digest) return undefined;
    return readFileSync(path);
  }

  #settingsBehind(file: string): string {
    return settingsBehind(file, this.#run.settings);
  }
}
