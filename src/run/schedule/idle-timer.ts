export interface IdleTimerOptions {
  readonly milliseconds: number;
  /** Half of the time is over. @returns whether there is something to do after all */
  readonly onHalf: () => boolean;
  /** Nothing was done for the whole time. */
  readonly onIdle: () => void;
}

/** Tells when nothing was done for a while. */
export class IdleTimer {
  readonly #options: IdleTimerOptions;
  #inWork = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: IdleTimerOptions) {
    this.#options = options;
    this.#start();
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
    const { milliseconds, onHalf, onIdle } = this.#options;
    const half = milliseconds / 2;
    const after = (step: () => void) => {
      this.#timer = setTimeout(step, half);
    };
    after(() => {
      if (onHalf()) this.#start();
      else after(onIdle);
    });
  }
}
