import { randomBytes } from 'node:crypto';
import { dirname, join, sep } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { writeFailure } from '../diagnostics/file-system-error.js';
import { type Digest, digestOf, hexOf } from '../formats/digest.js';
import { makeFolder } from '../formats/make-folder.js';
import { renameSynced, syncFolder, writeSynced } from '../formats/replace-file.js';
import { type Disk, diskError, errorCode, isObstacle, readText } from './disk.js';
import { Heartbeat } from './heartbeat.js';
import { type Participant, participant } from './participant.js';
import { formatIdentity } from './process-identity.js';

/** How names of folders begin that `refresh` makes. */
export const refreshing = '.look-';

/** Raised when older versions could misread the folder. */
const format = 'runflow store 1\n';

/**
 * The folder of a store and where things are in it:
 *
 *     format                    the text "runflow store 1"
 *     objects/sha256/ab/<hex>   bytes by their digest, read-only
 *     actions/ab/<hex>          key → outputs, sealed JSON
 *     files/ab/<hex>            remembered digests of files outside the store, by the digest of their path
 *     runs/<id>/                run.json, keys (one line a step looked up), documents of what it was (<name>.json.gz),
 *                               values/ that all processes of a run share
 *     logs/ab/<hex>/            what attempts at a key said, a file an attempt
 *     durations                 seconds that steps took, by class of device, sealed JSON
 *     locks/                    one file a key in work
 *     scratch/<hex>/<token>/    resumable state of a step in work, by the token of its lock; what steps remember together
 *     observed/<host>           when processes of a host saw signs of life of others, sealed JSON
 *     tmp/                      files not yet whole, named by the process that writes them
 */
export class StoreFolder {
  readonly path: string;
  readonly participant: Participant;
  /** Touches what this process holds. */
  readonly heartbeat: Heartbeat;
  #prepared = false;
  readonly #objects: string;
  readonly #actions: string;

  /** @throws EnvironmentError when the folder is something else, or was made by a later runflow */
  constructor(path: string, replaced: Partial<Participant> = {}) {
    this.path = path;
    this.participant = participant(replaced);
    this.heartbeat = new Heartbeat(this.participant);
    this.#objects = this.in('objects', 'sha256') + sep;
    this.#actions = this.in('actions') + sep;
    this.#isStore();
  }

  get disk(): Disk {
    return this.participant.disk;
  }

  /** Whether anything was ever written, by this process or another. */
  get exists(): boolean {
    return this.#prepared || this.#isStore();
  }

  /** Put together by hand, as for actions: a cached run asks for thousands, and `join` shows in its time. */
  object(digest: Digest): string {
    const hex = hexOf(digest);
    return this.#objects + hex.slice(0, 2) + sep + hex;
  }

  action(key: Digest): string {
    const hex = hexOf(key);
    return this.#actions + hex.slice(0, 2) + sep + hex;
  }

  fileRecord(pathDigest: Digest): string {
    const hex = hexOf(pathDigest);
    return join(this.path, 'files', hex.slice(0, 2), hex);
  }

  scratch(key: Digest): string {
    return join(this.path, 'scratch', hexOf(key));
  }

  /** Folder of the logs of attempts at a key. */
  logs(key: Digest): string {
    const hex = hexOf(key);
    return join(this.path, 'logs', hex.slice(0, 2), hex);
  }

  in(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /** A name in tmp/ for a file that is not whole yet. */
  async temporary(): Promise<string> {
    await this.prepare();
    return this.in('tmp', this.#ownName());
  }

  /** Makes the store before the first thing is written to it; what only reads leaves no trace. */
  async prepare(): Promise<void> {
    if (this.#prepared) return;
    const { promises } = this.disk;
    try {
      if (!this.#isStore()) {
        await makeFolder(this.path, promises);
        // The format file comes first: another process that looks now must not find folders without it.
        const temporary = this.in(`format.${this.#ownName()}`);
        await writeSynced(temporary, format, { calls: promises });
        await renameSynced(temporary, this.in('format'), promises);
      }
      // Whoever made it may have been killed here.
      for (const name of ['tmp', 'objects', 'actions', 'files', 'runs', 'logs', 'locks', 'scratch', 'observed']) {
        await this.makeFolder(this.in(name));
      }
      await this.makeFolder(this.in('objects', 'sha256'));
    } catch (error) {
      throw diskError(error, this.path, 'making it');
    }
    this.#prepared = true;
  }

  /**
   * Writes a small file whole or not at all: temporary file, fsync, rename, fsync of the folder.
   * @throws EnvironmentError when the disk is full or read-only
   */
  async writeFile(path: string, text: string | Uint8Array): Promise<void> {
    const temporary = await this.temporary();
    try {
      await writeSynced(temporary, text, { calls: this.disk.promises });
      await this.publish(temporary, path);
    } catch (error) {
      await this.disk.promises.rm(temporary, { force: true }).catch(() => undefined);
      throw diskError(error, this.path, `writing ${path}`);
    }
  }

  /**
   * Writes a small file whole unless something stands there. @returns false when something does, whatever it is
   * @throws EnvironmentError when the disk is full or read-only
   */
  async writeFileIfAbsent(path: string, text: string): Promise<boolean> {
    const { promises } = this.disk;
    const temporary = await this.temporary();
    try {
      await writeSynced(temporary, text, { calls: promises });
      const isLinked = await this.#linkInFolder(temporary, path, () => this.#holds(path, text));
      if (isLinked) await syncFolder(dirname(path), promises);
      return isLinked;
    } catch (error) {
      throw diskError(error, this.path, `writing ${path}`);
    } finally {
      await promises.rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /** Links a file, and makes the folder for it if need be. */
  async #linkInFolder(temporary: string, path: string, isOurs: () => boolean): Promise<boolean> {
    try {
      return await this.link(temporary, path, isOurs);
    } catch (error) {
      // A file in the folder's place is in the way of ours.
      if (errorCode(error) === 'ENOTDIR') return false;
      if (errorCode(error) !== 'ENOENT') throw error;
      await this.makeFolder(dirname(path));
      await syncFolder(dirname(dirname(path)), this.disk.promises);
      return this.link(temporary, path, isOurs);
    }
  }

  #holds(path: string, text: string): boolean {
    try {
      return readText(this.disk, path) === text;
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return false;
    }
  }

  /**
   * Makes one folder unless it is there; the one that it lies in is.
   * Throws the file system's own error.
   */
  async makeFolder(path: string): Promise<void> {
    try {
      await this.disk.promises.mkdir(path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }

  /** Renames a finished, fsynced temporary file to where it is looked for, replacing what is there, whatever it is. */
  async publish(temporary: string, path: string): Promise<void> {
    const { promises } = this.disk;
    const folder = dirname(path);
    try {
      await promises.rename(temporary, path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' && !isObstacle(error)) throw error;
      if (isObstacle(error)) {
        // A folder has come into the file's place, or a file into its folder's.
        const isInFolder = this.disk.statSync(folder).isDirectory();
        await promises.rm(isInFolder ? path : folder, { recursive: true, force: true });
      }
      await this.makeFolder(folder);
      await syncFolder(dirname(folder), promises);
      await promises.rename(temporary, path);
    }
    await syncFolder(folder, promises);
  }

  /**
   * Gives a finished file a name, unless something has it. A network file system may answer with an error though it has
   * made the link, for it repeats a question whose answer was lost: so what stands there is looked at after any error.
   * Throws the file system's own error.
   * @param isOurs whether what stands there is the file
   * @returns false when something else stands there
   */
  async link(temporary: string, path: string, isOurs: () => boolean): Promise<boolean> {
    try {
      await this.disk.promises.link(temporary, path);
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') throw error;
      await this.refresh(dirname(path));
      if (isOurs()) return true;
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /**
   * Makes this host see a folder as it is. A client of a network file system remembers for up to a minute what is in a
   * folder and which names are not; that it has changed the folder itself makes it look again. Costs two calls.
   * Throws the file system's own error.
   */
  async refresh(folder: string): Promise<void> {
    const own = join(folder, `${refreshing}${this.#ownName()}`);
    await this.makeFolder(own);
    await this.disk.promises.rmdir(own).catch((error: unknown) => {
      // The question was repeated.
      if (errorCode(error) !== 'ENOENT') throw error;
    });
  }

  /** Milliseconds since 1970 by the clock that sets the times of new files: that of the file server, not of this host. */
  async time(): Promise<number> {
    const { promises } = this.disk;
    const own = await this.temporary();
    try {
      await promises.mkdir(own);
      return (await promises.stat(own)).mtimeMs;
    } finally {
      await promises.rm(own, { recursive: true, force: true });
    }
  }

  /** A name that no one else gives a file, and that tells whose it is. */
  #ownName(): string {
    return `${formatIdentity(this.participant.identity)}.${randomBytes(6).toString('hex')}`;
  }

  #isStore(): boolean {
    let found: string | undefined;
    try {
      found = readText(this.disk, this.in('format'));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT')
        throw this.#unusable(`cannot be read: ${writeFailure(error) ?? (error as Error).message}`, error);
    }
    if (found === format) return true;
    if (found !== undefined) throw this.#unusable(`has another format: ${JSON.stringify(found.slice(0, 40))}`);
    if (this.#names().some((name) => !name.startsWith('format.')))
      throw this.#unusable('is not a store, and not empty');
    return false;
  }

  #names(): readonly string[] {
    try {
      return this.disk.readdirSync(this.path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw this.#unusable(`cannot be read: ${writeFailure(error) ?? (error as Error).message}`, error);
    }
  }

  #unusable(why: string, cause?: unknown): EnvironmentError {
    return new EnvironmentError(`the store folder ${this.path} ${why}`, {
      ...(cause === undefined ? {} : { cause }),
      hint: 'Give --store (RUNFLOW_STORE) an empty or new folder, or one that this version of runflow made.',
    });
  }
}

/** What the scratch folder of a memory is found by: of all steps and runs that ask for this name, and of nothing else. */
export function memoryKey(name: string): Digest {
  return digestOf(`memory/${name}`);
}
