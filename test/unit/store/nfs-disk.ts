import { randomBytes } from 'node:crypto';
import { existsSync, type PathLike, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Disk, realDisk } from '../../../src/store/disk.js';

/** Milliseconds for which a client may believe what it was told of names and attributes: `acdirmax` and `acregmax`. */
const remembered = 60_000;

/**
 * The real disk as a client of NFS shows it. One client a host; what one does, others see when they ask the server.
 * - Names that were not there, the list of a folder and the attributes of a file are remembered for a minute of `clock`.
 *   A change that the client itself has made in a folder makes it forget what it remembers of that folder.
 * - Opening a file that is remembered to be there asks the server (close-to-open consistency).
 * - `link` may answer with an error though it took effect, as when an answer was lost and the question was repeated.
 * - A file that the client has open and removes becomes `.nfs…` in its folder until it is closed.
 * What a client keeps of bytes that are appended is not shown, nor what a server does that is started again.
 */
export class NfsClient {
  readonly disk: Disk;
  /** Error codes of the next links, each of which takes effect. */
  readonly lyingLinks: ('EEXIST' | 'EIO')[] = [];
  calls = 0;
  readonly #clock: () => number;
  readonly #missing = new Map<string, number>();
  readonly #lists = new Map<string, { until: number; list: unknown }>();
  readonly #attributes = new Map<string, { until: number; status: Stats | undefined }>();
  readonly #open = new Map<string, number>();

  constructor(clock: () => number) {
    this.#clock = clock;
    const promises = this.#wrapped(realDisk.promises) as Record<string, unknown>;
    const whole = this.#wrapped(realDisk) as Record<string, unknown>;
    this.disk = { ...realDisk, ...whole, promises: { ...realDisk.promises, ...promises } } as unknown as Disk;
  }

  /** Calls of both interfaces, by what a client does with them. */
  #wrapped(calls: object): object {
    const call = (name: string) => {
      const real = Reflect.get(calls, name) as (...rest: unknown[]) => unknown;
      return (...rest: unknown[]) => {
        this.calls += 1;
        return real.apply(calls, rest);
      };
    };
    const settled = <T>(result: T, done: () => void): T => {
      if (result instanceof Promise) {
        return result.then((value: unknown) => {
          done();
          return value;
        }) as T;
      }
      done();
      return result;
    };
    const changing = (name: string) => {
      const real = call(name);
      return (path: PathLike, ...rest: unknown[]) => {
        const changed = () => this.#changed(String(path), typeof rest[0] === 'string' ? rest[0] : undefined);
        if (!this.#isMissing(dirname(String(path)))) return settled(real(path, ...rest), changed);
        const error = diskError('ENOENT', `remembered of ${path}`);
        if (name.endsWith('Sync')) throw error;
        return Promise.reject(error);
      };
    };
    const wrapped: Record<string, unknown> = {};
    for (const name of ['rmdir', 'rename', 'rmSync', 'writeFile']) wrapped[name] = changing(name);
    const make = changing('mkdir');
    // The server is asked in any case, and that it says EEXIST is remembered.
    wrapped.mkdir = async (path: string, options?: object) => {
      this.#walk(dirname(path));
      this.#missing.delete(path);
      return make(path, options);
    };
    for (const name of ['stat', 'lstat', 'statSync', 'lstatSync']) wrapped[name] = this.#stat(call(name), name);
    for (const name of ['readdir', 'readdirSync']) wrapped[name] = this.#list(call(name));
    const read = call('readFileSync');
    wrapped.readFileSync = (path: string, ...rest: unknown[]) => this.#lookedUp(path, () => read(path, ...rest));
    const utimes = call('utimes');
    wrapped.utimes = (path: string, ...rest: unknown[]) => {
      this.#attributes.delete(path);
      return utimes(path, ...rest);
    };
    wrapped.link = async (from: string, to: string) => {
      this.#walk(dirname(to));
      await (call('link')(from, to) as Promise<void>);
      const lie = this.lyingLinks.shift();
      if (lie !== undefined) throw diskError(lie, 'the answer was lost');
      this.#changed(to);
    };
    const remove = changing('rm');
    wrapped.rm = async (path: string, options?: object) => {
      await this.#keepOpenFiles(path);
      return remove(path, options);
    };
    const open = call('open');
    wrapped.open = async (path: string, flags: unknown, ...rest: unknown[]) => {
      const isNew = typeof flags === 'string' && /[wax]/.test(flags);
      this.#walk(dirname(path));
      const opening = () => open(path, flags, ...rest) as Promise<FileHandle>;
      const handle = isNew ? await opening() : await this.#lookedUpLater(path, opening);
      if (isNew) this.#changed(path);
      return this.#counted(path, handle);
    };
    return wrapped;
  }

  #stat(real: (...rest: unknown[]) => unknown, name: string) {
    return (path: string, options?: { throwIfNoEntry?: boolean }) => {
      const known = this.#attributes.get(path);
      if (known !== undefined && known.until > this.#clock()) {
        return name.endsWith('Sync') ? known.status : Promise.resolve(known.status);
      }
      const isQuiet = options?.throwIfNoEntry === false;
      if (isQuiet && this.#isMissing(path)) return undefined;
      const keep = (status: unknown) => {
        if (status === undefined) this.#missing.set(path, this.#clock() + remembered);
        else this.#attributes.set(path, { until: this.#clock() + remembered, status: status as Stats });
        return status;
      };
      if (!name.endsWith('Sync'))
        return this.#lookedUpLater(path, () => real(path, options) as Promise<unknown>).then(keep);
      return keep(this.#lookedUp(path, () => real(path, options)));
    };
  }

  #list(real: (...rest: unknown[]) => unknown) {
    return (path: string, ...rest: unknown[]) => {
      const name = `${path} ${JSON.stringify(rest)}`;
      const known = this.#lists.get(name);
      if (known !== undefined && known.until > this.#clock()) return known.list;
      const list = this.#lookedUp(path, () => real(path, ...rest));
      this.#lists.set(name, { until: this.#clock() + remembered, list });
      return list;
    };
  }

  /** @throws ENOENT when a folder on the way is remembered as missing: the server is not asked then, whatever is to be done */
  #walk(folder: string): void {
    if (this.#isMissing(folder)) throw diskError('ENOENT', `remembered of ${folder}`);
  }

  #isMissing(path: string): boolean {
    // What lies in a folder that is not there is not there either.
    for (let name = path; name !== dirname(name); name = dirname(name)) {
      if ((this.#missing.get(name) ?? 0) > this.#clock()) return true;
    }
    return false;
  }

  #lookedUp<T>(path: string, ask: () => T): T {
    if (this.#isMissing(path)) throw diskError('ENOENT', `remembered of ${path}`);
    try {
      return ask();
    } catch (error) {
      this.#remember(path, error);
      throw error;
    }
  }

  async #lookedUpLater<T>(path: string, ask: () => Promise<T>): Promise<T> {
    if (this.#isMissing(path)) throw diskError('ENOENT', `remembered of ${path}`);
    return ask().catch((error: unknown) => {
      this.#remember(path, error);
      throw error;
    });
  }

  #remember(path: string, error: unknown): void {
    if ((error as { code?: string }).code !== 'ENOENT' || existsSync(path)) return;
    // The first name of the path that is not there is what the server was asked for.
    let name = path;
    while (!existsSync(dirname(name))) name = dirname(name);
    this.#missing.set(name, this.#clock() + remembered);
  }

  /** Forgets what is remembered of the folders in which something was changed. */
  #changed(...paths: readonly (string | undefined)[]): void {
    for (const path of paths) {
      if (path === undefined) continue;
      const folder = dirname(path);
      for (const map of [this.#missing, this.#attributes]) {
        for (const name of [...map.keys()]) if (dirname(name) === folder) map.delete(name);
      }
      for (const name of [...this.#lists.keys()]) if (name.startsWith(`${folder} `)) this.#lists.delete(name);
    }
  }

  #counted(path: string, handle: FileHandle): FileHandle {
    this.#open.set(path, (this.#open.get(path) ?? 0) + 1);
    let place = path;
    this.#silly.set(handle, (to) => (place = to));
    const close = handle.close.bind(handle);
    handle.close = async () => {
      await close();
      this.#silly.delete(handle);
      this.#open.set(path, this.#open.get(path)! - 1);
      if (place !== path) await realDisk.promises.rm(place, { force: true });
    };
    this.#paths.set(handle, path);
    return handle;
  }

  readonly #silly = new Map<FileHandle, (to: string) => void>();
  readonly #paths = new WeakMap<FileHandle, string>();

  async #keepOpenFiles(path: string): Promise<void> {
    for (const [handle, move] of this.#silly) {
      const file = this.#paths.get(handle)!;
      if ((file !== path && !file.startsWith(`${path}/`)) || !existsSync(file)) continue;
      const kept = join(dirname(file), `.nfs${randomBytes(8).toString('hex')}`);
      await realDisk.promises.rename(file, kept);
      move(kept);
      if (basename(path) === basename(file)) return;
      throw diskError('ENOTEMPTY', path);
    }
  }
}

function diskError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code, errno: -1, syscall: 'nfs' });
}
