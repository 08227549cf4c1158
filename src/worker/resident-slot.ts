import type { Digest } from '../formats/digest.js';
import type { Resident } from './step-context.js';

/** Keeps what one step made on the device for the next ones: one thing at a time, for a device may hold but one large model. */
export class ResidentSlot {
  #held: { readonly key: Digest; readonly value: Resident } | undefined;

  /** What is held under this key; anything else makes room for what `make` makes. */
  async take<T extends Resident>(key: Digest, make: () => Promise<T>): Promise<T> {
    if (this.#held?.key === key) return this.#held.value as T;
    this.release();
    const value = await make();
    this.#held = { key, value };
    return value;
  }

  release(): void {
    this.#held?.value.release();
    this.#held = undefined;
  }
}
