import { join } from 'node:path';
import { diskError, errorCode, isObstacle, openToRead, readText } from './disk.js';
import { seal, unseal } from './sealed.js';
import type { StoreFolder } from './store-folder.js';

/**
 * The files that the runners of a joint run share, in the folder of the run: small sealed records, each written whole or
 * linked if absent, and files that one process alone appends to. Names are relative to the folder of the run.
 */
export class JointFolder {
  readonly path: string;
  readonly #folder: StoreFolder;

  constructor(folder: StoreFolder, run: string) {
    this.#folder = folder;
    this.path = folder.in('runs', run);
  }

  in(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /** A record; undefined where there is none that is whole. A client of a network file system may not see a new one yet. */
  read<T extends object>(...names: readonly string[]): T | undefined {
    try {
      return unseal(readText(this.#folder.disk, this.in(...names))) as T | undefined;
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return undefined;
      throw diskError(error, this.#folder.path, `reading ${names.join('/')} of a joint run`);
    }
  }

  /** Writes a record in the place of whatever is there. The folder that its folder lies in must be there. */
  async write(record: object, ...names: readonly string[]): Promise<void> {
    await this.#folder.writeFile(this.in(...names), seal(record));
  }

  /** Writes a record unless there is one. Of equal records it is not told which one it was. @returns whether it was written */
  async writeIfAbsent(record: object, ...names: readonly string[]): Promise<boolean> {
    return this.#folder.writeFileIfAbsent(this.in(...names), seal(record));
  }

  /** Makes a folder, and those that it lies in, below that of the run. */
  async make(...names: readonly string[]): Promise<void> {
    try {
      for (let depth = 1; depth <= names.length; depth++) {
        await this.#folder.makeFolder(this.in(...names.slice(0, depth)));
      }
    } catch (error) {
      throw diskError(error, this.#folder.path, 'making folders of a joint run');
    }
  }

  /** Names in a folder; none where it is not there. */
  list(...names: readonly string[]): readonly string[] {
    try {
      return this.#folder.disk.readdirSync(this.in(...names));
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return [];
      throw diskError(error, this.#folder.path, 'reading a joint run');
    }
  }

  /** Makes this host see what others did in a folder; nothing where it is not there. */
  async refresh(...names: readonly string[]): Promise<void> {
    try {
      await this.#folder.refresh(this.in(...names));
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return;
      throw diskError(error, this.#folder.path, 'reading a joint run');
    }
  }

  /** When a file was last touched, in milliseconds by the clock of who touched it; undefined where it is not there. */
  touched(...names: readonly string[]): number | undefined {
    try {
      return this.#folder.disk.statSync(this.in(...names), { throwIfNoEntry: false })?.mtimeMs;
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return undefined;
      throw diskError(error, this.#folder.path, 'reading a joint run');
    }
  }

  /** The bytes of a file from an offset on; none where it is not there. Opened each time, so that a client looks again. */
  bytesFrom(offset: number, most: number, ...names: readonly string[]): Buffer {
    const { disk } = this.#folder;
    let descriptor: number | undefined;
    try {
      descriptor = disk.openSync(this.in(...names), openToRead);
      const bytes = Buffer.alloc(most);
      const length = disk.readSync(descriptor, bytes, 0, most, offset);
      return bytes.subarray(0, length);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return Buffer.alloc(0);
      throw diskError(error, this.#folder.path, 'reading what a runner says');
    } finally {
      if (descriptor !== undefined) disk.closeSync(descriptor);
    }
  }
}
