import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import type { Digest } from '../formats/digest.js';

/** Another store that results are taken from when this one has none: see `remote/read-through`. */
export interface Upstream {
  /** What it is known to have of a key, once it was asked. */
  find(key: Digest): Action | undefined;
  /** Asks for keys that were not asked for yet, many at a time. @returns how many of them it has */
  ask(keys: readonly Digest[]): Promise<number>;
  /** Begins to ask for a key; `ask` waits for the answer. */
  wish(key: Digest): void;
  /**
   * Brings the bytes of artifacts into this store.
   * @param onBytes told of the number of bytes that have just arrived
   * @throws DamagedObjectError when it can give some of them no more: what it is known to have is then less
   */
  bring(artifacts: readonly Artifact[], onBytes?: (bytes: number) => void): Promise<void>;
  /** Takes all that it has of keys, and records them here. What turns out to be faulty is left out, and known no more. */
  take(keys: readonly Digest[]): Promise<void>;
}
