import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InterruptedError } from '../diagnostics/errors.js';
import { isDiskFull } from '../diagnostics/file-system-error.js';
import { diskError } from './disk.js';
import { type Chain, type LinkedRecord, LockChains, type LockRecord } from './lock-chain.js';
import { isSameProcess, liveness, type ProcessIdentity } from './process-identity.js';
import type { Silence } from './silence.js';
import type { StoreFolder } from './store-folder.js';

/** Whom somebody waits for. */
export interface LockWait {
  readonly owner: ProcessIdentity;
  /** Name of the owner's host for people; absent in locks of older versions. */
  readonly hostName?: string;
  /** False: it is on another host, or in another container. */
  readonly here: boolean;
  /** When the owner took the lock, by its own clock; absent: it does not say. */
  readonly since?: Date;
  /** Present when the owner gives no sign of life. */
  readonly silent?: {
    readonly seconds: number;
    /** Seconds until it counts as dead; absent: its process is seen to be alive, and is waited for. */
    readonly takenOverInSeconds?: number;
  };
}

/** Tokens of all locks of this process. A record of ours that is not among them could not be removed: it is dead. */
const ownTokens = new Set<string>();

export interface Lock {
  /** Tells it from all other locks ever taken. */
  readonly token: string;
  /** Aborted when it is noticed that another has taken over: this process gave no sign of life for too long. */
  readonly lost: AbortSignal;
  /** Reads the lock again, past what this host remembers of it. Ask before anything that only its owner may do. */
  isOurs(): Promise<boolean>;
  /** Harmless when called twice, and when the lock is lost. */
  release(): Promise<void>;
}

/** What the record of another owner tells. */
interface Look {
  readonly isDead: boolean;
  readonly silentMilliseconds: number;
  /** Absent: it is known to live. */
  readonly leftMilliseconds?: number;
}

/** Who waits spends at most one part in so many of its time on looking: a slow file server is asked less often. */
const shareOfLooking = 10;

const dead: Look = { isDead: true, silentMilliseconds: 0 };
const alive: Look = { isDead: false, silentMilliseconds: 0 };

/**
 * One lock a name, held by at most one process of all that share the store, and dying with its owner (`lock-chain.ts`).
 * Whether a process of this host lives is asked of the system. One of another host counts as dead when its heartbeat was
 * not seen for a while, by the waiter's clock. Should it only have been stopped, it reads its lock again before it records
 * anything, and finds that it is lost.
 */
export class Locks {
  readonly #folder: StoreFolder;
  readonly #chains: LockChains;
  readonly #silence: Silence;
  /** When the next look of who waits may be. */
  #nextTurn = 0;
  /** What the latest such look took. */
  #lookMilliseconds = 0;

  constructor(folder: StoreFolder, silence: Silence) {
    this.#folder = folder;
    this.#chains = new LockChains(folder);
    this.#silence = silence;
  }

  /** @param name file-name safe; the hex digits of a key */
  async tryAcquire(name: string): Promise<Lock | undefined> {
    for (;;) {
      const { chain, held } = this.#find(name);
      if (held !== undefined) return undefined;
      const lock = await this.#take(name, chain);
      if (lock !== undefined) return lock;
    }
  }

  /**
   * Waits until the lock is ours, or until `ready` gives something that makes it superfluous: the result of whoever
   * holds it. `onWait` is told whom it waits for, at first and as long as that one is silent.
   * @param ready asked again and again; `isFresh` when the lock was given back, and with it in hand: what other hosts did must
   *   be seen then
   * @throws InterruptedError when `signal` aborts
   */
  async acquire<T>(
    name: string,
    ready: (isFresh: boolean) => T | undefined | Promise<T | undefined>,
    options: { readonly signal?: AbortSignal; readonly onWait?: (wait: LockWait) => void } = {},
  ): Promise<{ readonly lock: Lock } | { readonly ready: T }> {
    const { timing } = this.#folder.participant;
    const begun = performance.now();
    let lastReport = Number.NEGATIVE_INFINITY;
    for (;;) {
      if (options.signal?.aborted) throw new InterruptedError('interrupted while waiting for another run');
      const looked = performance.now();
      // Before the lock, which costs more: whoever holds it may be done.
      const made = await ready(false);
      if (made !== undefined) return { ready: made };
      const { chain, held } = this.#find(name);
      this.#lookMilliseconds = performance.now() - looked;
      const isFirst = lastReport === Number.NEGATIVE_INFINITY;
      if (held === undefined) {
        // Whoever had it has probably done what it was for. To see that past what this host remembers costs less than the lock.
        const fresh = isFirst ? undefined : await ready(true);
        if (fresh !== undefined) return { ready: fresh };
        const lock = await this.#take(name, chain);
        if (lock !== undefined) return await this.#unlessReady(lock, ready);
        continue;
      }
      const wait = this.#waitOf(held.linked, held.look);
      const isDue = performance.now() - lastReport >= timing.reportMilliseconds;
      if (wait !== undefined && (isFirst || (wait.silent !== undefined && isDue))) {
        lastReport = performance.now();
        options.onWait?.(wait);
      }
      const pause = Math.min(timing.mostPollMilliseconds, (performance.now() - begun) / 10);
      await this.#pause(Math.max(timing.pollMilliseconds, pause), options.signal);
    }
  }

  /** The other may have finished between the last question and its release: asked once more with the lock in hand. */
  async #unlessReady<T>(
    lock: Lock,
    ready: (isFresh: boolean) => T | undefined | Promise<T | undefined>,
  ): Promise<{ readonly lock: Lock } | { readonly ready: T }> {
    let value: T | undefined;
    try {
      value = await ready(true);
    } catch (error) {
      await lock.release();
      throw error;
    }
    if (value === undefined) return { lock };
    await lock.release();
    return { ready: value };
  }

  /** Waits for so long, and for a turn: who waits for many locks asks a file server for one after the other, and is not always asking. */
  async #pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const until = (time: number) =>
      sleep(Math.max(0, time - performance.now()), undefined, signal && { signal }).catch(() => undefined);
    await until(performance.now() + milliseconds);
    const turn = Math.max(performance.now(), this.#nextTurn);
    // A server that did not answer for a while is no reason to wait for much longer than that.
    this.#nextTurn =
      turn + Math.min(this.#folder.participant.timing.mostPollMilliseconds, shareOfLooking * this.#lookMilliseconds);
    await until(turn);
  }

  /** Whether a lock is held under this token, past what this host remembers: what `isOurs` asks, for helpers of the owner. */
  async isOwner(name: string, token: string): Promise<boolean> {
    try {
      await this.#chains.refresh();
      return this.#chains.of(name).owner?.record.token === token;
    } catch (error) {
      throw diskError(error, this.#folder.path, `looking at the lock ${name}`);
    }
  }

  /** Names that a living process holds. */
  held(): readonly string[] {
    try {
      return this.#chains.names().filter((name) => {
        const { owner } = this.#chains.of(name);
        return owner !== undefined && !this.#look(owner).isDead;
      });
    } catch (error) {
      throw diskError(error, this.#folder.path, 'reading its locks');
    }
  }

  /** Removes the records of dead owners. */
  async sweep(): Promise<void> {
    try {
      for (const name of this.#chains.names()) {
        await (await this.tryAcquire(name))?.release();
        for (const left of this.#chains.unreachable(name)) {
          if (this.#look(left).isDead) await this.#chains.remove(left.path);
        }
      }
    } catch (error) {
      throw diskError(error, this.#folder.path, 'sweeping its locks');
    }
  }

  /** The records of a lock, and who holds it. */
  #find(name: string): {
    readonly chain: Chain;
    readonly held?: { readonly linked: LinkedRecord; readonly look: Look };
  } {
    try {
      const chain = this.#chains.of(name);
      const look = chain.owner && this.#look(chain.owner);
      return chain.owner === undefined || look!.isDead
        ? { chain }
        : { chain, held: { linked: chain.owner, look: look! } };
    } catch (error) {
      throw diskError(error, this.#folder.path, `locking ${name}`);
    }
  }

  /** Takes a lock that nobody holds. @returns undefined when another was faster */
  async #take(name: string, { next }: Chain): Promise<Lock | undefined> {
    const { identity: owner, hostName } = this.#folder.participant;
    const record: LockRecord = { token: randomBytes(8).toString('hex'), owner, hostName, since: Date.now() };
    ownTokens.add(record.token);
    try {
      if (await this.#chains.link(next, record)) {
        // Our own link made this host forget what it remembered of the folder.
        if (this.#chains.of(name).owner?.record.token === record.token) return this.#hold(name, next, record.token);
        await this.#chains.remove(next);
      }
    } catch (error) {
      ownTokens.delete(record.token);
      throw diskError(error, this.#folder.path, `locking ${name}`);
    }
    ownTokens.delete(record.token);
    return undefined;
  }

  #waitOf({ record }: LinkedRecord, { silentMilliseconds, leftMilliseconds }: Look): LockWait | undefined {
    const { owner, hostName, since } = record;
    if (owner === undefined) return undefined;
    const { identity, timing } = this.#folder.participant;
    // Between two heartbeats everyone is silent.
    const isSilent = silentMilliseconds >= 1.25 * timing.heartbeatMilliseconds;
    const takenOver = leftMilliseconds === undefined ? {} : { takenOverInSeconds: leftMilliseconds / 1000 };
    return {
      owner,
      here: owner.host === identity.host,
      ...(hostName === undefined ? {} : { hostName }),
      ...(since === undefined ? {} : { since: new Date(since) }),
      ...(isSilent ? { silent: { seconds: silentMilliseconds / 1000, ...takenOver } } : {}),
    };
  }

  #look({ path, record: { owner, since = 0, token } }: LinkedRecord): Look {
    const { identity, timing } = this.#folder.participant;
    if (owner === undefined) return dead;
    if (isSameProcess(owner, identity)) return ownTokens.has(token) ? alive : dead;
    const state = liveness(owner, identity);
    if (state === 'dead') return dead;
    const modified = this.#folder.disk.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (modified === undefined) return alive;
    // Both times were set by the clock of this host, but for that of a new file, which the file system sets.
    if (state === 'alive') return { isDead: false, silentMilliseconds: Date.now() - Math.max(modified, since) };
    const silent = this.#silence.of(`locks/${basename(path)}`, `${token} ${modified}`);
    const left = timing.silenceMilliseconds - silent;
    return { isDead: left < 0, silentMilliseconds: silent, leftMilliseconds: Math.max(0, left) };
  }

  #hold(name: string, path: string, token: string): Lock {
    const lost = new AbortController();
    const lose = () => {
      this.#folder.heartbeat.drop(path);
      if (ownTokens.has(token)) lost.abort();
    };
    this.#folder.heartbeat.keep(path, () => {
      try {
        if (this.#chains.of(name).owner?.record.token !== token) lose();
      } catch {
        // A disk that cannot be read for a while has not given the lock to anybody: the next beat, or `isOurs`, tells.
      }
    });
    let released: Promise<void> | undefined;
    return {
      token,
      lost: lost.signal,
      isOurs: async () => {
        const isOurs = !lost.signal.aborted && (await this.isOwner(name, token));
        if (!isOurs) lose();
        return isOurs;
      },
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
    this.#folder.heartbeat.drop(path);
    // On a full disk a lock is given back nevertheless: its files need not be made, but removed.
    await this.#chains.refresh().catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
    });
    const { paths, owner } = this.#chains.of(name);
    // Not ours any more when we were silent for so long that another has taken over.
    if (owner?.record.token !== token) return;
    for (const file of paths) await this.#chains.remove(file);
  }
}
