import type { RunEvent } from './events.js';

export type Listener = (event: RunEvent) => void;

/**
 * Where a run says what happens. Listeners are called at once and in the order they subscribed; the last event of every
 * run is `summary`. The bus holds nothing back, so whoever wants to see the start subscribes before the run.
 */
export class EventBus {
  readonly #listeners = new Set<Listener>();

  /** @returns a function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(event: RunEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
