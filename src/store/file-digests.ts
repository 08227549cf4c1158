import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DataError, EnvironmentError, InterruptedError } from '../diagnostics/errors.js';
import { type Digest, digestOf } from '../formats/digest.js';
import type { ByteRange } from '../formats/hash-ranges.js';
import type { JsonObject } from '../formats/json.js';
import { errorCode, openToRead, readText } from './disk.js';
import { listFiles } from './folder-entries.js';
import type { StoredObject } from './object-writer.js';
import { digestOfRange, fill } from './read-ahead.js';
import { seal, unseal } from './sealed.js';
import type { StoreFolder } from './store-folder.js';

/** A file whose times are this close to the hashing may change once more within the same tick of its clock. */
const racyMilliseconds = 2000;

/** What the system says of a file that this user cannot look at. */
const outOfReach = ['EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

interface FileRecord {
  readonly path: string;
  readonly identity: string;
  /** Name of the host that saw it so: the path may be none elsewhere. Absent in records of older versions. */
  readonly host?: string;
  /** `<offset>+<bytes>` → digest. */
  readonly ranges: Readonly<Record<string, Digest>>;
}

/**
 * Digests of byte ranges of files outside the store (checkpoints, data sets), hashed once and remembered by path, size,
 * modification and change time and inode. A memory only: what is not remembered is hashed again, so a lost
 * record costs time and never a wrong digest. Each file has a record of its own, replaced whole: of two processes that
 * write it at once one wins, and either is right.
 */
export class FileDigests {
  readonly #folder: StoreFolder;
  readonly #records = new Map<string, FileRecord | undefined>();
  #places: ReadonlyMap<Digest, readonly { readonly path: string; readonly offset: number }[]> | undefined;

  constructor(folder: StoreFolder) {
    this.#folder = folder;
  }

  /** Bytes of a file now, or undefined when it is not there. */
  size(file: string): number | undefined {
    const status = this.#status(resolve(file));
    return status === undefined ? undefined : Number(status.size);
  }

  /** The digest of a range if it is known without reading the file, which must be as it was when it was hashed. */
  remembered(file: string, range: ByteRange): Digest | undefined {
    const path = resolve(file);
    const status = this.#status(path);
    return status === undefined ? undefined : this.#known(path, identityOf(status))[nameOf(range)];
  }

  /**
   * The digests of byte ranges of one file, in their order.
   * @param onProgress told the number of bytes just hashed, or remembered
   * @throws DataError when the file is missing, ends before a range does, or changes while it is read
   */
  async hash(
    file: string,
    ranges: readonly ByteRange[],
    options: { readonly signal?: AbortSignal; readonly onProgress?: (bytes: number) => void } = {},
  ): Promise<readonly Digest[]> {
    return this.#open(file, (handle) => this.#hash(file, handle, ranges, options));
  }

  /**
   * Reads part of a range of a file and makes sure that the range still has its digest.
   * @throws DataError when it has not: the file was changed since it was hashed
   */
  async read(
    file: string,
    range: ByteRange,
    digest: Digest,
    offset: number,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#open(file, async (handle) => {
      const [found] = await this.#hash(file, handle, [range], {});
      if (found !== digest) {
        throw new DataError(
          `${file} was changed since it was hashed: bytes ${range.offset} to ${range.offset + range.bytes} have digest ${found}, not ${digest}`,
          { hint: 'Run again: the changed file is hashed anew. Files must not change while a run reads them.' },
        );
      }
      const target = new Uint8Array(length);
      if ((await fill(handle, target, range.offset + offset)) < length) throw endsEarly(file, range);
      return target;
    });
  }

  /** Bytes of a digest in a file that was hashed on this host and is as it was then. */
  find({ digest, bytes }: StoredObject): { readonly path: string; readonly offset: number } | undefined {
    for (const place of this.#byDigest().get(digest) ?? []) {
      const known = this.remembered(place.path, { offset: place.offset, bytes });
      if (known === digest) return place;
    }
    return undefined;
  }

  /** Places of all that is remembered; read once, for it is asked for only when a file is not where a record says. */
  #byDigest(): ReadonlyMap<Digest, readonly { readonly path: string; readonly offset: number }[]> {
    if (this.#places !== undefined) return this.#places;
    const places = new Map<Digest, { path: string; offset: number }[]>();
    for (const { path: file } of listFiles(this.#folder, this.#folder.in('files'))) {
      const record = this.#read(file);
      for (const [range, digest] of Object.entries(record?.ranges ?? {})) {
        const place = { path: record!.path, offset: Number.parseInt(range, 10) };
        const others = places.get(digest);
        if (others === undefined) places.set(digest, [place]);
        else others.push(place);
      }
    }
    this.#places = places;
    return places;
  }

  /** Whether a stored record is of a file as it is now. Of one that another host has seen this one cannot say `no`. */
  isCurrent(stored: JsonObject): 'yes' | 'no' | 'unknown' {
    const { path, identity, host } = stored as unknown as FileRecord;
    const status = this.#status(path);
    if (status !== undefined && identityOf(status) === identity) return 'yes';
    return host === undefined || host === this.#folder.participant.hostName ? 'no' : 'unknown';
  }

  #status(path: string): BigIntStats | undefined {
    try {
      return this.#folder.disk.statSync(path, { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      // A path of another host may lead through folders that are closed here, or through what is no folder.
      if (outOfReach.includes(errorCode(error) ?? '')) return undefined;
      throw unreadable(path, error);
    }
  }

  async #hash(
    file: string,
    handle: FileHandle,
    ranges: readonly ByteRange[],
    { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: (bytes: number) => void },
  ): Promise<readonly Digest[]> {
    const path = resolve(file);
    const started = Date.now();
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) throw new DataError(`${file} is not a file`);
    const identity = identityOf(before);
    const digests: Record<string, Digest> = { ...this.#known(path, identity) };
    let hashed = 0;
    for (const range of ranges) {
      if (digests[nameOf(range)] !== undefined) {
        onProgress?.(range.bytes);
        continue;
      }
      if (signal?.aborted) throw new InterruptedError(`interrupted while hashing ${file}`);
      const digest = await digestOfRange(handle, range.offset, range.bytes, (bytes) => {
        if (signal?.aborted) throw new InterruptedError(`interrupted while hashing ${file}`);
        onProgress?.(bytes);
      });
      if (digest === undefined) throw endsEarly(file, range);
      digests[nameOf(range)] = digest;
      hashed += 1;
    }
    if (hashed > 0) {
      if (identityOf(await handle.stat({ bigint: true })) !== identity) {
        throw new DataError(`${file} was changed while it was hashed`, {
          hint: 'Run again when nothing writes to it.',
        });
      }
      if (lastChange(before) + racyMilliseconds < started)
        await this.#remember({ path, identity, host: this.#folder.participant.hostName, ranges: digests });
    }
    return ranges.map((range) => digests[nameOf(range)]!);
  }

  #known(path: string, identity: string): FileRecord['ranges'] {
    if (!this.#records.has(path)) this.#records.set(path, this.#load(path));
    const record = this.#records.get(path);
    return record?.identity === identity ? record.ranges : {};
  }

  #load(path: string): FileRecord | undefined {
    const record = this.#read(this.#folder.fileRecord(digestOf(path)));
    return record?.path === path ? record : undefined;
  }

  #read(file: string): FileRecord | undefined {
    try {
      return unseal(readText(this.#folder.disk, file)) as unknown as FileRecord | undefined;
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return undefined;
    }
  }

  async #remember(record: FileRecord): Promise<void> {
    // What another process has hashed meanwhile is kept.
    const other = this.#load(record.path);
    const merged =
      other?.identity === record.identity ? { ...record, ranges: { ...other.ranges, ...record.ranges } } : record;
    this.#records.set(record.path, merged);
    this.#places = undefined;
    // Memory is no result: on a full or read-only disk this process remembers, the next one hashes again.
    await this.#folder.writeFile(this.#folder.fileRecord(digestOf(record.path)), seal(merged)).catch((error) => {
      if (!(error instanceof EnvironmentError)) throw error;
    });
  }

  async #open<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
    let handle: FileHandle;
    try {
      handle = await this.#folder.disk.promises.open(file, openToRead);
    } catch (cause) {
      throw unreadable(file, cause);
    }
    try {
      return await use(handle);
    } catch (error) {
      throw unreadable(file, error);
    } finally {
      await handle.close();
    }
  }
}

function unreadable(file: string, error: unknown): unknown {
  if (errorCode(error) === undefined) return error;
  const problem = errorCode(error) === 'ENOENT' ? 'there is no such file' : (error as Error).message;
  return new DataError(`${file} cannot be read: ${problem}`, { cause: error });
}

const nameOf = ({ offset, bytes }: ByteRange): string => `${offset}+${bytes}`;

function endsEarly(file: string, { offset, bytes }: ByteRange): DataError {
  return new DataError(`${file} ends before byte ${offset + bytes}`, {
    hint: 'It is cut short: fetch or copy it again.',
  });
}

/** Change time is in it as well: a tool may set the modification time back, never the change time. */
function identityOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].join(':');
}

/** Milliseconds since 1970. */
function lastChange({ mtimeNs, ctimeNs }: BigIntStats): number {
  return Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
}
