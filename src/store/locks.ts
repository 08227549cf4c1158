import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { InterruptedError } from '../diagnostics/errors.js';
import { diskError, errorCode } from './disk.js';
import { liveness, type ProcessIdentity, thisProcess } from './process-identity.js';
import type { StoreFolder } from './store-folder.js';

export interface LockTiming {
  readonly pollMilliseconds: number;
  readonly heartbeatMilliseconds: number;
  /** An owner on another host, or one whose liveness the system does not tell, is dead after so long without a heartbeat. */
  readonly silenceMilliseconds: number;
  /** How often who waits for a silent owner is told so. */
  readonly reportMilliseconds: number;
}

const defaultLockTiming: LockTiming = {
  pollMilliseconds: 200,
  heartbeatMilliseconds: 20_000,
  silenceMilliseconds: 120_000,
  reportMilliseconds: 10_000,
};

/** Whom somebody waits for. */
export interface LockWait {
  readonly owner: ProcessIdentity;
  /** False: it is on another host, or in another container. */
  readonly here: boolean;
  /** When the owner took the lock, by its own clock; absent: it does not say. */
  readonly since?: Date;
  /** How long it gave no sign of life, where it is unknown whether it lives, and how long until it counts as dead. */
  readonly silent?: { readonly seconds: number; readonly takenOverInSeconds: number };
}

/** Tokens of all locks of this process. A record of ours that is not among them could not be removed: it is dead. */
const ownTokens = new Set<string>();

export interface Lock {
  /** Harmless when called twice. */
  release(): Promise<void>;
}

interface LockRecord {
  readonly token: string;
  /** Absent in a record that a power cut left torn: its owner is certainly gone. */
  readonly owner?: ProcessIdentity;
  /** Milliseconds since 1970 at which it was taken, by the owner's clock; absent in records of older versions. */
  readonly since?: number;
}

interface Chain {
  /** Files of the records, from the first to the last. */
  readonly paths: readonly string[];
  /** The record at the end. */
  readonly owner?: { readonly path: string; readonly record: LockRecord };
  /** File of the record that would follow. */
  readonly next: string;
}

/**
 * One lock a name, held by at most one process of all that share the store, and dying with its owner.
 *
 * `locks/<name>` is created by hard-linking a whole record, which fails if it exists. A dead owner's record is never
 * replaced, for between looking at it and replacing it another could have done so; instead the next owner links
 * `locks/<name>.<token of the dead>`, which again only one can. So the owner is the end of a chain of records, all but
 * the last of them dead. Its end removes the first record first: that breaks the chain at once, for tokens are unique
 * and nothing leads to the remaining records any more. Who linked a record to a chain broken meanwhile sees that
 * it cannot be reached and tries again.
 */
export class Locks {
  readonly #folder: StoreFolder;
  /** Paths of the records that we keep alive. */
  readonly #held = new Set<string>();
  #heartbeat: NodeJS.Timeout | undefined;
  /** Time, of our own clock, since which a silent owner's record has not been touched. */
  readonly #silent = new Map<string, { modified: number; since: number }>();
  readonly #timing: LockTiming;

  constructor(folder: StoreFolder, timing: LockTiming = defaultLockTiming) {
    this.#folder = folder;
    this.#timing = timing;
  }

  /** @param name file-name safe; the hex digits of a key */
  async tryAcquire(name: string): Promise<Lock | undefined> {
    try {
      for (;;) {
        const chain = this.#chain(name);
        if (chain.owner !== undefined && !this.#isDead(chain.owner)) return undefined;
        const record: LockRecord = { token: randomBytes(8).toString('hex'), owner: thisProcess(), since: Date.now() };
        ownTokens.add(record.token);
        try {
          if (await this.#link(chain.next, record)) {
            const { owner } = this.#chain(name);
            if (owner?.record.token === record.token) return this.#hold(name, chain.next, record.token);
            await this.#remove(chain.next);
          }
        } catch (error) {
          ownTokens.delete(record.token);
          throw error;
        }
        ownTokens.delete(record.token);
      }
    } catch (error) {
      throw diskError(error, this.#folder.path, `locking ${name}`);
    }
  }

  /**
   * Waits until the lock is ours, or until `ready` gives something that makes it superfluous: the result of whoever
   * holds it. `onWait` is told whom it waits for, at first and as long as that one is silent.
   * @throws InterruptedError when `signal` aborts
   */
  async acquire<T>(
    name: string,
    ready: () => T | undefined,
    options: { readonly signal?: AbortSignal; readonly onWait?: (wait: LockWait) => void } = {},
  ): Promise<{ readonly lock: Lock } | { readonly ready: T }> {
    let lastReport = Number.NEGATIVE_INFINITY;
    for (;;) {
      if (options.signal?.aborted) throw new InterruptedError('interrupted while waiting for another run');
      const lock = await this.tryAcquire(name);
      let value: T | undefined;
      try {
        // Asked with the lock in hand: the other may have finished between an earlier question and its release.
        value = ready();
      } catch (error) {
        await lock?.release();
        throw error;
      }
      if (value !== undefined) {
        await lock?.release();
        return { ready: value };
      }
      if (lock !== undefined) return { lock };
      const wait = this.#waitFor(name);
      const first = lastReport === Number.NEGATIVE_INFINITY;
      const due = performance.now() - lastReport >= this.#timing.reportMilliseconds;
      if (wait !== undefined && (first || (wait.silent !== undefined && due))) {
        lastReport = performance.now();
        options.onWait?.(wait);
      }
      await sleep(this.#timing.pollMilliseconds, undefined, options.signal ? { signal: options.signal } : {}).catch(
        () => undefined,
      );
    }
  }

  #waitFor(name: string): LockWait | undefined {
    const record = this.#chain(name).owner?.record;
    if (record?.owner === undefined) return undefined;
    const { owner } = record;
    const here = owner.host === thisProcess().host;
    const held = { owner, here, ...(record.since === undefined ? {} : { since: new Date(record.since) }) };
    const since = liveness(owner) === 'unknown' ? this.#silent.get(record.token)?.since : undefined;
    const silence = since === undefined ? 0 : performance.now() - since;
    // Between two heartbeats everyone is silent.
    if (silence < 1.25 * this.#timing.heartbeatMilliseconds) return held;
    const left = Math.max(0, this.#timing.silenceMilliseconds - silence);
    return { ...held, silent: { seconds: silence / 1000, takenOverInSeconds: left / 1000 } };
  }

  /** Names that a living process holds. */
  held(): readonly string[] {
    return this.#names().filter((name) => {
      const { owner } = this.#chain(name);
      return owner !== undefined && !this.#isDead(owner);
    });
  }

  /** Removes the records of dead owners. */
  async sweep(): Promise<void> {
    for (const name of this.#names()) await (await this.tryAcquire(name))?.release();
    // Dead chains have gone. What no chain leads to is left of one whose end was killed while it removed it.
    for (const name of this.#names()) {
      const reachable = this.#chain(name).paths;
      for (const file of this.#files().filter((file) => file.startsWith(`${name}.`))) {
        const path = this.#folder.in('locks', file);
        const record = this.#read(path);
        if (!reachable.includes(path) && record !== undefined && this.#isDead({ path, record })) {
          await this.#remove(path);
        }
      }
    }
  }

  #names(): readonly string[] {
    return [...new Set(this.#files().map((file) => file.split('.')[0]!))];
  }

  #files(): readonly string[] {
    try {
      return this.#folder.disk.readdirSync(this.#folder.in('locks'));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw diskError(error, this.#folder.path, 'reading its locks');
    }
  }

  #chain(name: string): Chain {
    const paths: string[] = [];
    let next = this.#folder.in('locks', name);
    let owner: Chain['owner'];
    for (let record = this.#read(next); record !== undefined; record = this.#read(next)) {
      owner = { path: next, record };
      paths.push(next);
      next = this.#folder.in('locks', `${name}.${record.token}`);
    }
    return owner === undefined ? { paths, next } : { paths, owner, next };
  }

  #read(path: string): LockRecord | undefined {
    try {
      return JSON.parse(this.#folder.disk.readFileSync(path, 'utf8')) as LockRecord;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      if (error instanceof SyntaxError) return { token: 'torn' };
      throw error;
    }
  }

  async #link(path: string, record: LockRecord): Promise<boolean> {
    const { promises } = this.#folder.disk;
    const temporary = await this.#folder.temporary();
    try {
      await promises.writeFile(temporary, JSON.stringify(record));
      await promises.link(temporary, path);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await promises.rm(temporary, { force: true });
    }
  }

  #isDead({ path, record }: { path: string; record: LockRecord }): boolean {
    const own = thisProcess();
    if (record.owner?.pid === own.pid && record.owner.start === own.start && record.owner.host === own.host) {
      return !ownTokens.has(record.token);
    }
    const state = record.owner === undefined ? 'dead' : liveness(record.owner);
    if (state !== 'unknown') return state === 'dead';
    const modified = this.#folder.disk.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    const known = this.#silent.get(record.token);
    // Only our own clock is asked, and only for how long: clocks of two hosts differ.
    if (modified === undefined || known?.modified !== modified) {
      this.#silent.set(record.token, { modified: modified ?? 0, since: performance.now() });
      return false;
    }
    return performance.now() - known.since > this.#timing.silenceMilliseconds;
  }

  #hold(name: string, path: string, token: string): Lock {
    this.#held.add(path);
    this.#heartbeat ??= setInterval(() => this.#beat(), this.#timing.heartbeatMilliseconds).unref();
    let released: Promise<void> | undefined;
    return {
      release: () => {
        released ??= this.#release(name, path, token).catch((error) => {
          throw diskError(error, this.#folder.path, `unlocking ${name}`);
        });
        return released;
      },
    };
  }

  async #release(name: string, path: string, token: string): Promise<void> {
    ownTokens.delete(token);
    this.#held.delete(path);
    if (this.#held.size === 0) {
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
    }
    const { paths, owner } = this.#chain(name);
    // Not ours any more when we were silent for so long that another has taken over.
    if (owner?.record.token !== token) return;
    for (const file of paths) await this.#remove(file);
  }

  #beat(): void {
    const now = new Date();
    // A lock file that is gone was taken from us; release finds out.
    for (const path of this.#held) this.#folder.disk.promises.utimes(path, now, now).catch(() => undefined);
  }

  async #remove(path: string): Promise<void> {
    await this.#folder.disk.promises.rm(path, { force: true });
  }
}
