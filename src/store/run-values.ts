import { join } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { digestOf, hexOf } from '../formats/digest.js';
import type { Json } from '../formats/json.js';
import { diskError, errorCode, readText } from './disk.js';
import type { Lock, Locks } from './locks.js';
import type { StoreFolder } from './store-folder.js';

/**
 * Small values that all processes of one run share, whatever host they are on: `runs/<id>/values/<name>.json`, gone with
 * the run. A change is made under a lock and written whole: who is killed in the middle of one has made none.
 */
export class RunValues {
  readonly #folder: StoreFolder;
  readonly #locks: Locks;

  constructor(folder: StoreFolder, locks: Locks) {
    this.#folder = folder;
    this.#locks = locks;
  }

  /**
   * Replaces a value by what `update` makes of it (undefined: there is none yet). It may be asked more than once.
   * @param name file-name safe
   * @returns the new value
   * @throws InterruptedError, EnvironmentError
   */
  async change<T extends Json>(
    run: string,
    name: string,
    update: (before: T | undefined) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    for (;;) {
      const claimed = await this.#locks.acquire(
        hexOf(digestOf(`run ${run} value ${name}`)),
        () => undefined,
        signal === undefined ? {} : { signal },
      );
      if (!('lock' in claimed)) throw new TypeError('nothing makes this lock superfluous');
      try {
        const after = await this.#changeLocked(run, name, update, claimed.lock);
        if (after !== undefined) return after;
      } catch (error) {
        throw diskError(error, this.#folder.path, `changing what a run shares (${name})`);
      } finally {
        await claimed.lock.release();
      }
    }
  }

  /** @returns nothing when another took over since the value was read, and may have changed it */
  async #changeLocked<T extends Json>(
    run: string,
    name: string,
    update: (before: T | undefined) => T,
    lock: Lock,
  ): Promise<T | undefined> {
    const folder = this.#folder.in('runs', run, 'values');
    const file = join(folder, `${name}.json`);
    await this.#folder.makeFolder(this.#folder.in('runs', run));
    await this.#folder.makeFolder(folder);
    // Another host may have written the first value a moment ago.
    await this.#folder.refresh(folder);
    const after = update(this.#read<T>(file));
    if (!(await lock.isOurs())) return undefined;
    await this.#folder.writeFile(file, `${JSON.stringify(after)}\n`);
    return after;
  }

  #read<T>(file: string): T | undefined {
    let text: string;
    try {
      text = readText(this.#folder.disk, file);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new EnvironmentError(`${file} is damaged: what the run has spent is not known`, {
        cause,
        hint: 'Run again: a new run begins with nothing spent.',
      });
    }
  }
}
