/** Bytes that are to be an entry of a remote store. */
export interface RemoteContent {
  readonly bytes: number;
  /** sha256 of the bytes in hex digits. */
  readonly sha256: string;
  /** The bytes part by part, from their beginning each time. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/**
 * Storage of entries by name that several machines reach: a folder, or a bucket. An entry appears whole or not at all,
 * and never changes, unless it was damaged. Nothing that is read from it is to be trusted: see `checked-action` and `transfer`.
 */
export interface RemoteStore {
  /** The place for messages, without any secret. */
  readonly place: string;
  /** Bytes that an entry may have; absent: any number. */
  readonly mostBytes?: number;
  /**
   * The bytes of an entry, part by part; undefined without one.
   * @throws EnvironmentError when the remote store does not answer
   */
  read(name: string, options?: RemoteOptions): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Whether there is an entry, and of so many bytes where they are given: a damaged one is found by its size. */
  has(name: string, options?: RemoteOptions & { readonly bytes?: number }): Promise<boolean>;
  /** Writes an entry unless there is one. @returns false when there is */
  writeIfAbsent(name: string, content: RemoteContent, options?: RemoteOptions): Promise<boolean>;
  /** Writes an entry in the place of one that was found to be damaged. */
  replace(name: string, content: RemoteContent, options?: RemoteOptions): Promise<void>;
  /** Removes what writers that were killed long ago left behind; absent: there is never anything. */
  tidy?(): Promise<void>;
  /** Names that begin with `prefix`, in no order. */
  list(prefix: string, options?: RemoteOptions): AsyncIterable<string>;
}

export interface RemoteOptions {
  /** @throws InterruptedError once it is aborted */
  readonly signal?: AbortSignal | undefined;
}
