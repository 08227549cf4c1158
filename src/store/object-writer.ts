import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { type Digest, digestOfHash } from '../formats/digest.js';
import { diskError } from './disk.js';
import type { StoreFolder } from './store-folder.js';

export interface StoredObject {
  readonly digest: Digest;
  readonly bytes: number;
}

/**
 * Writes one object part by part. It is hashed on the way and appears under its digest only when it is whole and on
 * disk; whatever ends the process before that leaves a temporary file that `cache gc` sweeps.
 */
export class ObjectWriter {
  readonly #folder: StoreFolder;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  readonly #published: (object: StoredObject, path: string) => void;
  #bytes = 0;
  #ended = false;

  private constructor(
    folder: StoreFolder,
    temporary: string,
    handle: FileHandle,
    published: (object: StoredObject, path: string) => void,
  ) {
    this.#folder = folder;
    this.#temporary = temporary;
    this.#handle = handle;
    this.#published = published;
    // A computation may lie between two parts: gc of another host must see that the writer lives.
    folder.heartbeat.keep(temporary);
  }

  /** @param published told of the object once it stands under its digest */
  static async open(
    folder: StoreFolder,
    published: (object: StoredObject, path: string) => void = () => {},
  ): Promise<ObjectWriter> {
    const temporary = await folder.temporary();
    try {
      return new ObjectWriter(folder, temporary, await folder.disk.promises.open(temporary, 'wx', 0o444), published);
    } catch (error) {
      throw diskError(error, folder.path, 'writing an object');
    }
  }

  /** `bytes` may be used again once this resolves. @throws EnvironmentError when the disk is full; nothing is left behind */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#ended) throw new TypeError('the object is already closed');
    try {
      for (let done = 0; done < bytes.length; ) {
        const writing = this.#handle.write(bytes, done, Math.min(bytes.length - done, 1 << 30));
        if (done === 0) this.#hash.update(bytes); // while the disk works
        done += (await writing).bytesWritten;
      }
      this.#bytes += bytes.length;
    } catch (error) {
      await this.abort();
      throw diskError(error, this.#folder.path, 'writing an object');
    }
  }

  /**
   * Publishes what was written if it is the object that was meant, for bytes from elsewhere; else it is dropped.
   * @returns whether it was
   */
  async closeAs(expected: StoredObject): Promise<boolean> {
    const isMeant = this.#bytes === expected.bytes && digestOfHash(this.#hash.copy()) === expected.digest;
    if (isMeant) await this.close();
    else await this.abort();
    return isMeant;
  }

  async close(): Promise<StoredObject> {
    if (this.#ended) throw new TypeError('the object is already closed');
    try {
      await this.#handle.sync();
      await this.#handle.close();
      this.#ended = true;
      this.#folder.heartbeat.drop(this.#temporary);
      const object = { digest: digestOfHash(this.#hash), bytes: this.#bytes };
      // An object that is already there is replaced: these bytes are known to be right, those may have decayed; and
      // its new time keeps a gc that runs now from taking it before the action that names it is recorded.
      const path = this.#folder.object(object.digest);
      await this.#folder.publish(this.#temporary, path);
      this.#published(object, path);
      return object;
    } catch (error) {
      await this.abort();
      throw diskError(error, this.#folder.path, 'writing an object');
    }
  }

  /** Drops what was written. Harmless after close. */
  async abort(): Promise<void> {
    if (!this.#ended) await this.#handle.close().catch(() => undefined);
    this.#ended = true;
    this.#folder.heartbeat.drop(this.#temporary);
    await this.#folder.disk.promises.rm(this.#temporary, { force: true }).catch(() => undefined);
  }
}
