import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two rounds of looks: at first, and at most when nothing happens. */
const usualPauses = { least: 200, most: 3_000 };
/** Factor by which the pause grows from look to look. */
const growth = 1.3;
/** The time that looking takes is at most one in so many parts: a slow file server is asked less often. */
const shareOfLooking = 10;
/**
 * When nothing happens, so many items are looked at past what this host remembers in each round, which costs more. A client of a
 * network file system believes for up to a minute that a file is not there.
 */
const freshLooks = 10;
/** Looks after which timers, signals and messages have a turn. */
const looksAtOnce = 200;

export interface WatchOptions<T> {
  /**
   * @param isFresh what other hosts did must be seen, past what this one remembers
   * @returns whether the item is done: it is not looked at again
   */
  readonly look: (item: T, isFresh: boolean) => Promise<boolean>;
  /** Nothing has happened for a while: goes before a round in which some looks are fresh. */
  readonly onQuiet: () => Promise<void>;
  /** An item is out of the watch. */
  readonly onDone: () => void;
  readonly onError: (error: unknown) => void;
  /** Replaceable in tests. */
  readonly pauses?: { readonly least: number; readonly most: number };
}

/** Looks at things that others do, all in one loop, until each is done. The pause grows while none is. */
export class Watch<T> {
  readonly #items = new Set<T>();
  readonly #options: WatchOptions<T>;
  readonly #pauses: { readonly least: number; readonly most: number };
  #pause: number;
  /** Place of the item whose turn it is to be looked at past what this host remembers. */
  #fresh = 0;
  #wake: AbortController | undefined;

  constructor(options: WatchOptions<T>) {
    this.#options = options;
    this.#pauses = options.pauses ?? usualPauses;
    this.#pause = this.#pauses.least;
  }

  get size(): number {
    return this.#items.size;
  }

  add(item: T): void {
    this.#items.add(item);
    if (this.#wake === undefined) this.#loop().catch(this.#options.onError);
  }

  /** The first answer that there is for an item. */
  first<Answer>(ask: (item: T) => Answer | undefined): Answer | undefined {
    for (const item of this.#items) {
      const answer = ask(item);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Takes the first item of a kind out of the watch. */
  take(isOfKind: (item: T) => boolean): T | undefined {
    for (const item of this.#items) {
      if (!isOfKind(item)) continue;
      this.#items.delete(item);
      return item;
    }
    return undefined;
  }

  /** Ends the watch. @returns what was not done */
  end(): readonly T[] {
    const left = [...this.#items];
    this.#items.clear();
    this.#wake?.abort();
    return left;
  }

  async #loop(): Promise<void> {
    this.#wake = new AbortController();
    const { signal } = this.#wake;
    this.#pause = this.#pauses.least;
    let took = 0;
    while (this.#items.size > 0) {
      // A server that did not answer for a while is no reason to wait for much longer than that.
      const pause = Math.max(this.#pause, Math.min(shareOfLooking * took, shareOfLooking * this.#pauses.most));
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      const begun = performance.now();
      const isNews = await this.#lookAtAll();
      took = performance.now() - begun;
      this.#pause = isNews ? this.#pauses.least : Math.min(this.#pauses.most, this.#pause * growth);
    }
    this.#wake = undefined;
  }

  async #lookAtAll(): Promise<boolean> {
    let isNews = false;
    const count = this.#items.size;
    const isQuiet = this.#pause >= this.#pauses.most;
    if (isQuiet) await this.#options.onQuiet();
    const first = this.#fresh % count;
    let place = 0;
    for (const item of this.#items) {
      const isFresh = isQuiet && (place - first + count) % count < freshLooks;
      if (await this.#options.look(item, isFresh)) {
        this.#items.delete(item);
        this.#options.onDone();
        isNews = true;
      }
      place += 1;
      if (place % looksAtOnce === 0) await nextTurn();
    }
    if (isQuiet) this.#fresh += freshLooks;
    return isNews;
  }
}
