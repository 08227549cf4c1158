import { randomBytes } from 'node:crypto';
import { type createReadStream, type Dirent, promises } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { EnvironmentError, InterruptedError, RunflowError } from '../diagnostics/errors.js';
import { errorCode, writeFailure } from '../diagnostics/file-system-error.js';
import { makeFolder } from '../formats/make-folder.js';
import { renameSynced, syncFolder, writeSynced } from '../formats/replace-file.js';
import type { RemoteContent, RemoteOptions, RemoteStore } from './remote-store.js';

/** Folder of files that are not whole yet. */
const unfinished = 'tmp';
/** Files of pushes that were killed go after so long, in milliseconds. */
const unfinishedKept = 24 * 3600_000;
const unfinishedName = /^[0-9a-f]{24}$/;
/** Bytes that are read at a time. */
const partBytes = 4 << 20;

/** A remote store in a folder, such as one of a file server: a file an entry. */
export class FolderRemote implements RemoteStore {
  readonly place: string;

  /** @param folder absolute */
  constructor(folder: string) {
    this.place = folder;
  }

  async read(name: string, { signal }: RemoteOptions = {}): Promise<AsyncIterable<Uint8Array> | undefined> {
    const file = join(this.place, name);
    try {
      // A named pipe or a device in its place must not be opened.
      if (!(await promises.stat(file)).isFile()) return undefined;
      const handle = await promises.open(file, 'r');
      return this.#parts(handle.createReadStream({ highWaterMark: partBytes }), name, signal);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw this.#unusable(error, `reading ${name}`);
    }
  }

  async has(name: string, { bytes }: RemoteOptions & { readonly bytes?: number } = {}): Promise<boolean> {
    try {
      const found = await promises.stat(join(this.place, name));
      return found.isFile() && (bytes === undefined || found.size === bytes);
    } catch (error) {
      if (isAbsent(error)) return false;
      throw this.#unusable(error, `looking for ${name}`);
    }
  }

  async writeIfAbsent(name: string, content: RemoteContent, options: RemoteOptions = {}): Promise<boolean> {
    if (await this.has(name)) return false;
    return this.#write(name, content, options, linked);
  }

  async replace(name: string, content: RemoteContent, options: RemoteOptions = {}): Promise<void> {
    await this.#write(name, content, options, async (temporary, file) => {
      await renameSynced(temporary, file);
      return true;
    });
  }

  /** @param place gives the finished file its name, and says whether it did */
  async #write(
    name: string,
    content: RemoteContent,
    { signal }: RemoteOptions,
    place: (temporary: string, file: string) => Promise<boolean>,
  ): Promise<boolean> {
    const file = join(this.place, name);
    const temporary = join(this.place, unfinished, randomBytes(12).toString('hex'));
    try {
      await makeFolder(dirname(temporary));
      await writeSynced(temporary, interruptible(content.open(), signal), { mode: 0o444 });
      await makeFolder(dirname(file));
      const isOurs = await place(temporary, file);
      await syncFolder(dirname(file));
      await syncFolder(dirname(dirname(file)));
      return isOurs;
    } catch (error) {
      throw this.#unusable(error, `writing ${name}`);
    } finally {
      await promises.rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const folders = [prefix === '' ? '' : posix.dirname(`${prefix}x`)];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of await this.#entries(folder)) {
        const name = posix.join(folder, entry.name);
        if (name === unfinished) continue;
        if (entry.isDirectory()) folders.push(name);
        else if (name.startsWith(prefix)) yield name;
      }
    }
  }

  /** Removes what pushes that were killed long ago left behind, and nothing else: the folder may be a link to another. */
  async tidy(): Promise<void> {
    const folder = join(this.place, unfinished);
    if (!(await promises.lstat(folder).catch(() => undefined))?.isDirectory()) return;
    for (const entry of await this.#entries(unfinished)) {
      if (!entry.isFile() || !unfinishedName.test(entry.name)) continue;
      const file = join(folder, entry.name);
      const found = await promises.lstat(file).catch(() => undefined);
      // What belongs to another user stays until that user pushes.
      if (found !== undefined && found.mtimeMs < Date.now() - unfinishedKept)
        await promises.rm(file).catch(() => undefined);
    }
  }

  async #entries(folder: string): Promise<readonly Dirent[]> {
    try {
      return await promises.readdir(join(this.place, folder), { withFileTypes: true });
    } catch (error) {
      if (isAbsent(error)) return [];
      throw this.#unusable(error, 'listing it');
    }
  }

  async *#parts(
    stream: ReturnType<typeof createReadStream>,
    name: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* interruptible(stream, signal);
    } catch (error) {
      throw this.#unusable(error, `reading ${name}`);
    }
  }

  #unusable(cause: unknown, doing: string): unknown {
    if (cause instanceof RunflowError || errorCode(cause) === undefined) return cause;
    const why = writeFailure(cause) ?? (cause as Error).message;
    return new EnvironmentError(`the remote store ${this.place} cannot be used while ${doing}: ${why}`, {
      cause,
      hint: 'Look after the folder and its permissions. What has arrived is kept: the same command goes on.',
    });
  }
}

/** Gives a finished file its name unless something has it. @returns false when something has */
async function linked(temporary: string, file: string): Promise<boolean> {
  try {
    await promises.link(temporary, file);
    return true;
  } catch (error) {
    // A network file system may say so of a link that it has made: the entry stands in either case.
    if (errorCode(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errorCode(error) ?? '')) throw error;
    // A file system without links. Entries of one name are equally good, so that the last may win.
    await renameSynced(temporary, file);
    return true;
  }
}

async function* interruptible(parts: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  for await (const part of parts) {
    if (signal?.aborted) throw new InterruptedError('interrupted');
    yield part;
  }
}

function isAbsent(error: unknown): boolean {
  // A link that leads to itself leads nowhere.
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '');
}
