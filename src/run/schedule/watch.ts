import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks: at first, and at most when nothing happens. */
const leastPause = 200;
const mostPause = 3_000;
/** Factor by which the pause grows from look to look. */
const growth = 1.3;
/** The time that looking takes is at most one in so many parts: a slow file server is asked less often. */
const shareOfLooking = 10;
/** Looks after which timers, signals and messages have a turn. */
const looksAtOnce = 200;

export interface WatchOptions<T> {
  /** @returns whether the item is done: it is not looked at again */
  readonly look: (item: T) => Promise<boolean>;
  /** An item is out of the watch. */
  readonly onDone: () => void;
  readonly onError: (error: unknown) => void;
}

/** Looks at things that others do, all in one loop, until each is done. The pause grows while none is. */
export class Watch<T> {
  readonly #items = new Set<T>();
  readonly #options: WatchOptions<T>;
  #pause = leastPause;
  #wake: AbortController | undefined;

  constructor(options: WatchOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#items.size;
  }

  add(item: T): void {
    this.#items.add(item);
    if (this.#wake === undefined) this.#loop().catch(this.#options.onError);
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
    this.#pause = leastPause;
    let took = 0;
    while (this.#items.size > 0) {
      await sleep(Math.max(this.#pause, shareOfLooking * took), undefined, { signal }).catch(() => undefined);
      const begun = performance.now();
      const isNews = await this.#lookAtAll();
      took = performance.now() - begun;
      this.#pause = isNews ? leastPause : Math.min(mostPause, this.#pause * growth);
    }
    this.#wake = undefined;
  }

  async #lookAtAll(): Promise<boolean> {
    let isNews = false;
    let looks = 0;
    for (const item of this.#items) {
      if (await this.#options.look(item)) {
        this.#items.delete(item);
        this.#options.onDone();
        isNews = true;
      }
      looks += 1;
      if (looks % looksAtOnce === 0) await nextTurn();
    }
    return isNews;
  }
}
