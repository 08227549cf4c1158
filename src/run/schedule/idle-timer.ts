/** Tells when nothing was done for a while. */
export class IdleTimer {
  readonly #milliseconds: number;
  readonly #onIdle: () => void;
  #inWork = 0;
  #timer: NodeJS.Timeout | undefined;
  #since = performance.now();

  constructor(milliseconds: number, onIdle: () => void) {
    this.#milliseconds = milliseconds;
    this.#onIdle = onIdle;
    this.#start();
  }

  /** Milliseconds for which nothing was done. */
  get idleMilliseconds(): number {
    return this.#inWork === 0 ? performance.now() - this.#since : 0;
  }

  /** Counts as work until it ends. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#inWork += 1;
    clearTimeout(this.#timer);
    try {
      return await work();
    } finally {
      this.#inWork -= 1;
      if (this.#inWork === 0) this.#start();
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    // What is still in work starts it no more.
    this.#inWork = Number.POSITIVE_INFINITY;
  }

  #start(): void {
    this.#since = performance.now();
    this.#timer = setTimeout(this.#onIdle, this.#milliseconds);
  }
}
