import type { Digest } from '../../formats/digest.js';
import type { Lock } from '../../store/locks.js';

/** Milliseconds after which it is asked again whether another runner still has a model. */
const elsewhereMilliseconds = 1_000;

/**
 * The models that this runner makes for its steps. A model that is made of others is large, takes long to make, and is kept
 * nowhere but in the memory of a worker. So the runner that makes one has a claim on it as long as it has steps that run
 * it, and the other runners of the team do other steps meanwhile. A claim is a lock and dies with its owner. It only saves work:
 * whoever does a step without it makes the same result, under the lock of the step.
 */
export class ModelClaims {
  /** The model that the worker made last and still has: its steps are done here, whoever has a claim on it. */
  made: Digest | undefined;
  readonly #tryLock: (model: Digest) => Promise<Lock | undefined>;
  readonly #held = new Map<Digest, Lock>();
  /** Steps in work, by model. */
  readonly #users = new Map<Digest, number>();
  /** When it was last seen that another runner has the model, by `performance.now()`. */
  readonly #elsewhere = new Map<Digest, number>();

  constructor(tryLock: (model: Digest) => Promise<Lock | undefined>) {
    this.#tryLock = tryLock;
  }

  /** Whether another runner had the model a moment ago. */
  isElsewhere(model: Digest): boolean {
    if (model === this.made) return false;
    return performance.now() - (this.#elsewhere.get(model) ?? Number.NEGATIVE_INFINITY) < elsewhereMilliseconds;
  }

  /** Claims a model. @returns false when another runner has it, and it is not here as well */
  async hold(model: Digest): Promise<boolean> {
    if (this.#held.has(model)) return true;
    if (this.isElsewhere(model)) return false;
    const lock = await this.#tryLock(model);
    // Two slots may ask at a time.
    if (this.#held.has(model)) {
      await lock?.release();
      return true;
    }
    if (lock === undefined) this.#elsewhere.set(model, performance.now());
    else this.#held.set(model, lock);
    return lock !== undefined || model === this.made;
  }

  /**
   * Does the work of a step that runs a model; afterwards the claim on it is given up, unless it is still needed.
   * @param isWanted whether another step of the model is ready
   */
  async during(model: Digest, work: () => Promise<void>, isWanted: () => boolean): Promise<void> {
    this.#users.set(model, (this.#users.get(model) ?? 0) + 1);
    try {
      await work();
    } finally {
      const users = this.#users.get(model)! - 1;
      this.#users.set(model, users);
      const lock = users > 0 || isWanted() ? undefined : this.#held.get(model);
      if (lock !== undefined) this.#held.delete(model);
      await lock?.release();
    }
  }

  /** Gives all claims up. */
  async end(): Promise<void> {
    const locks = [...this.#held.values()];
    this.#held.clear();
    for (const lock of locks) await lock.release();
  }
}
