import { EnvironmentError } from '../diagnostics/errors.js';
import { diskError, errorCode, isObstacle, readText } from './disk.js';
import { seal, unseal } from './sealed.js';
import type { StoreFolder } from './store-folder.js';

/** A file as it was first seen with the sign of life that it has. */
interface Observation {
  /** Changes whenever the owner of the file gives a sign of life. */
  readonly sign: string;
  /** Milliseconds of this host's clock. */
  readonly since: number;
}

/**
 * How long owners of files in the store give no sign of life. Clocks of two hosts differ, so times that another host wrote
 * are only looked at for whether they change; how long they do not is counted by this host's clock. What a process saw is
 * kept in `observed/<host>`, for short processes such as `cache gc` see each file once.
 */
export class Silence {
  readonly #folder: StoreFolder;
  readonly #seen = new Map<string, Observation>();
  #earlier: Map<string, Observation> | undefined;

  constructor(folder: StoreFolder) {
    this.#folder = folder;
  }

  /**
   * Milliseconds since a process of this host first saw this sign; 0 for one that is new.
   * @param name path of the file below the store
   * @param sign what the owner changes: times of the file, or who owns it
   */
  of(name: string, sign: string): number {
    const now = this.#folder.participant.clock();
    this.#earlier ??= this.#read();
    const known = [this.#seen.get(name), this.#earlier.get(name)].find((seen) => seen?.sign === sign);
    // A clock that was started again says nothing about what was seen before.
    const since = known === undefined || known.since > now ? now : known.since;
    this.#seen.set(name, { sign, since });
    return now - since;
  }

  /** Keeps what was seen of files that are still there. A disk that takes nothing more is no error. */
  async save(): Promise<void> {
    const kept = new Map<string, Observation>();
    for (const [name, seen] of [...this.#read(), ...this.#seen]) if (this.#isThere(name)) kept.set(name, seen);
    if (kept.size === 0 && !this.#isThere(this.#name)) return;
    await this.#folder.writeFile(this.#folder.in(this.#name), seal({ files: [...kept] })).catch((error: unknown) => {
      if (!(error instanceof EnvironmentError)) throw error;
    });
  }

  get #name(): string {
    return `observed/${this.#folder.participant.identity.host}`;
  }

  #isThere(name: string): boolean {
    try {
      return this.#folder.disk.statSync(this.#folder.in(name), { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      throw diskError(error, this.#folder.path, `looking at ${name}`);
    }
  }

  #read(): Map<string, Observation> {
    try {
      const record = unseal(readText(this.#folder.disk, this.#folder.in(this.#name)));
      return new Map((record as { readonly files?: [string, Observation][] } | undefined)?.files ?? []);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return new Map();
      throw diskError(error, this.#folder.path, 'reading what was seen of other hosts');
    }
  }
}
