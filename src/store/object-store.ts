import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { DataError } from '../diagnostics/errors.js';
import { type Digest, digestOfHash } from '../formats/digest.js';
import { diskError, errorCode, isObstacle, openToRead } from './disk.js';
import { ObjectWriter, type StoredObject } from './object-writer.js';
import { chunkBytes, digestOfRange, fill } from './read-ahead.js';
import type { StoreFolder } from './store-folder.js';

/** An object of the store is gone or not what its digest says. It has been thrown away: its step will run again. */
export class DamagedObjectError extends DataError {
  readonly digest: Digest;
  /** Verb phrase for messages, such as "is missing". */
  readonly problem: string;
  constructor(digest: Digest, problem: string) {
    super(`object ${digest} of the store ${problem}`, {
      hint: 'It was thrown away. Run again: the step that made it makes it anew.',
    });
    this.digest = digest;
    this.problem = problem;
  }
}

/** Handler for `catch` where a damaged object counts as none. Throws every other error. */
export function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof DamagedObjectError)) throw error;
}

/** Bytes under their sha256. Files are read-only and never change; the first read in a process checks the digest. */
export class ObjectStore {
  readonly #folder: StoreFolder;
  /** Which file was found to have the digest: an object that is replaced behind our back is checked again. */
  readonly #verified = new Map<Digest, string>();

  constructor(folder: StoreFolder) {
    this.#folder = folder;
  }

  /** Present and of the right size: cheap, and enough to call a step cached. */
  has({ digest, bytes }: StoredObject): boolean {
    const path = this.#folder.object(digest);
    try {
      const found = this.#folder.disk.statSync(path, { throwIfNoEntry: false });
      return found?.size === bytes && found.isFile();
    } catch (error) {
      if (isObstacle(error)) return false;
      throw diskError(error, this.#folder.path, `looking for object ${digest}`);
    }
  }

  /** An object by its digest alone; undefined when it is not there. What it holds is checked when it is read. */
  find(digest: Digest): StoredObject | undefined {
    try {
      const found = this.#folder.disk.statSync(this.#folder.object(digest), { throwIfNoEntry: false });
      return found?.isFile() ? { digest, bytes: found.size } : undefined;
    } catch (error) {
      if (isObstacle(error)) return undefined;
      throw diskError(error, this.#folder.path, `looking for object ${digest}`);
    }
  }

  writer(): Promise<ObjectWriter> {
    return ObjectWriter.open(this.#folder);
  }

  async put(bytes: string | Uint8Array): Promise<StoredObject> {
    const writer = await this.writer();
    await writer.append(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    return writer.close();
  }

  /**
   * Reads [offset, offset + length) of an object.
   * @throws DamagedObjectError when it is missing, has another size or another digest
   */
  async read(object: StoredObject, offset = 0, length = object.bytes - offset): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < 0 || length < 0 || offset + length > object.bytes) {
      throw new RangeError(`bytes ${offset} to ${offset + length} of an object of ${object.bytes}`);
    }
    return this.#open(object, async (handle, status) => {
      const checked = this.#verified.get(object.digest) === identity(status);
      const target = new Uint8Array(length);
      if (!checked && length === object.bytes) {
        await this.#readAndCheck(object, handle, status, target);
      } else {
        if (!checked) await this.#check(object, handle, status);
        if ((await fill(handle, target, offset)) < length) await this.#damaged(object, status, 'is cut short');
      }
      return target;
    });
  }

  /** Hashes the object whatever was remembered of it. @throws DamagedObjectError */
  async verify(object: StoredObject): Promise<void> {
    await this.#open(object, (handle, status) => this.#check(object, handle, status));
  }

  async #open<T>(object: StoredObject, use: (handle: FileHandle, status: BigIntStats) => Promise<T>): Promise<T> {
    let handle: FileHandle;
    try {
      handle = await this.#folder.disk.promises.open(this.#folder.object(object.digest), openToRead);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) throw new DamagedObjectError(object.digest, 'is missing');
      throw diskError(error, this.#folder.path, `reading object ${object.digest}`);
    }
    try {
      const status = await handle.stat({ bigint: true });
      if (!status.isFile()) await this.#damaged(object, status, 'is not a file');
      if (status.size !== BigInt(object.bytes)) {
        await this.#damaged(object, status, `has ${status.size} bytes instead of ${object.bytes}`);
      }
      return await use(handle, status);
    } catch (error) {
      throw diskError(error, this.#folder.path, `reading object ${object.digest}`);
    } finally {
      await handle.close();
    }
  }

  async #check(object: StoredObject, handle: FileHandle, status: BigIntStats): Promise<void> {
    const found = await digestOfRange(handle, 0, object.bytes);
    await this.#accept(object, status, found);
  }

  /** One pass where the whole object is wanted anyway. */
  async #readAndCheck(
    object: StoredObject,
    handle: FileHandle,
    status: BigIntStats,
    target: Uint8Array,
  ): Promise<void> {
    const hash = createHash('sha256');
    for (let done = 0; done < target.length; done += chunkBytes) {
      const chunk = target.subarray(done, done + chunkBytes);
      if ((await fill(handle, chunk, done)) < chunk.length) await this.#damaged(object, status, 'is cut short');
      hash.update(chunk);
    }
    await this.#accept(object, status, digestOfHash(hash));
  }

  async #accept(object: StoredObject, status: BigIntStats, found: Digest | undefined): Promise<void> {
    if (found !== object.digest) await this.#damaged(object, status, `is damaged: its bytes have digest ${found}`);
    this.#verified.set(object.digest, identity(status));
  }

  /** Throws the file away, unless another process has put a sound one in its place meanwhile. */
  async #damaged(object: StoredObject, status: BigIntStats, problem: string): Promise<never> {
    this.#verified.delete(object.digest);
    const { promises } = this.#folder.disk;
    const path = this.#folder.object(object.digest);
    const now = await promises.stat(path, { bigint: true }).catch(() => undefined);
    if (now !== undefined && identity(now) === identity(status))
      await promises.rm(path, { recursive: true, force: true });
    throw new DamagedObjectError(object.digest, problem);
  }
}

function identity({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino}:${size}:${mtimeNs}`;
}
