import { basename } from 'node:path';
import { errorCode, readText } from './disk.js';
import type { ProcessIdentity } from './process-identity.js';
import type { StoreFolder } from './store-folder.js';

export interface LockRecord {
  readonly token: string;
  /** Absent in a record that a power cut left torn: its owner is certainly gone. */
  readonly owner?: ProcessIdentity;
  /** Name of the owner's host for people; absent in records of older versions. */
  readonly hostName?: string;
  /** Milliseconds since 1970 at which it was taken, by the owner's clock; absent in records of older versions. */
  readonly since?: number;
}

/** A record and its file. */
export interface LinkedRecord {
  readonly path: string;
  readonly record: LockRecord;
}

export interface Chain {
  /** Files of the records, from the first to the last. */
  readonly paths: readonly string[];
  /** The record at the end. */
  readonly owner?: LinkedRecord;
  /** File of the record that would follow. */
  readonly next: string;
}

/**
 * The files of locks. `locks/<name>` is created by hard-linking a whole record, which fails if it exists. A dead owner's
 * record is never replaced, for between looking at it and replacing it another could have done so; instead the next
 * owner links `locks/<name>.<token of the dead>`, which again only one can. So the owner is the end of a chain of records, all but
 * the last of them dead. Its end removes the first record first: that breaks the chain at once, for tokens are unique
 * and nothing leads to the remaining records any more. Who linked a record to a chain broken meanwhile sees that
 * it cannot be reached and tries again.
 */
export class LockChains {
  readonly #folder: StoreFolder;

  constructor(folder: StoreFolder) {
    this.#folder = folder;
  }

  /** Names of which there is a record. */
  names(): readonly string[] {
    return [...new Set(this.#files().map((file) => file.split('.')[0]!))];
  }

  of(name: string): Chain {
    const paths: string[] = [];
    let next = this.#folder.in('locks', name);
    let owner: Chain['owner'];
    for (let record = this.#read(next); record !== undefined; record = this.#read(next)) {
      owner = { path: next, record };
      paths.push(next);
      next = this.#folder.in('locks', `${name}.${record.token}`);
    }
    return owner === undefined ? { paths, next } : { paths, owner, next };
  }

  /** Records of a name that nothing leads to: left of a chain whose end was killed while it removed it. */
  unreachable(name: string): readonly LinkedRecord[] {
    const reachable = this.of(name).paths.map((path) => basename(path));
    return this.#files()
      .filter((file) => file.startsWith(`${name}.`) && !reachable.includes(file))
      .flatMap((file) => {
        const path = this.#folder.in('locks', file);
        const record = this.#read(path);
        return record === undefined ? [] : [{ path, record }];
      });
  }

  /** @returns false when there is another record */
  async link(path: string, record: LockRecord): Promise<boolean> {
    const { promises } = this.#folder.disk;
    const temporary = await this.#folder.temporary();
    try {
      await promises.writeFile(temporary, JSON.stringify(record));
      return await this.#folder.link(temporary, path, () => this.#read(path)?.token === record.token);
    } finally {
      await promises.rm(temporary, { force: true });
    }
  }

  /** Makes the next look see what other hosts have done. */
  async refresh(): Promise<void> {
    await this.#folder.refresh(this.#folder.in('locks'));
  }

  async remove(path: string): Promise<void> {
    await this.#folder.disk.promises.rm(path, { force: true });
  }

  /** Other names begin with a dot: folders that `refresh` makes, and what network file systems keep of removed files. */
  #files(): readonly string[] {
    try {
      return this.#folder.disk.readdirSync(this.#folder.in('locks')).filter((file) => !file.startsWith('.'));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  #read(path: string): LockRecord | undefined {
    try {
      return JSON.parse(readText(this.#folder.disk, path)) as LockRecord;
    } catch (error) {
      // ESTALE: another host removed it while it was opened.
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESTALE') return undefined;
      if (error instanceof SyntaxError) return { token: 'torn' };
      throw error;
    }
  }
}
