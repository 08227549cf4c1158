import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work between two turns: the worker's sign of life, a cancellation and the display wait for so long at most. */
const milliseconds = 50;

/**
 * Lets the event loop turn in the middle of long computations. `await turns.take()` between parts of the work that each take
 * far less than a second; most calls return at once.
 */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  /** @param signal what `take` throws for once it is aborted */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  async take(): Promise<void> {
    if (performance.now() - this.#last < milliseconds) return;
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#last = performance.now();
  }
}
