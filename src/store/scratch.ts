import { join } from 'node:path';
import { InterruptedError } from '../diagnostics/errors.js';
import { type Digest, hexOf } from '../formats/digest.js';
import { removeFolder } from '../formats/remove-folder.js';
import { isPartial } from '../formats/replace-file.js';
import { diskError, errorCode, unlessInUse } from './disk.js';
import { entriesOf, statusOf } from './folder-entries.js';
import type { Locks } from './locks.js';
import type { StoreFolder } from './store-folder.js';

/**
 * Resumable state of steps in work: `scratch/<hex of the key>/<token of the lock>/`. A folder has one owner for ever, so
 * that who lost a lock without knowing never writes into what the next owner works with.
 */
export class Scratch {
  readonly #folder: StoreFolder;
  readonly #locks: Locks;

  constructor(folder: StoreFolder, locks: Locks) {
    this.#folder = folder;
    this.#locks = locks;
  }

  /**
   * The folder of the lock on a key, with the newest whole files that an earlier owner left; other folders of the key are
   * removed. Their owners are dead, or have lost the lock and find their folder gone.
   * @throws InterruptedError when the lock is lost: nothing was touched
   */
  async take(key: Digest, token: string): Promise<string> {
    await this.#folder.prepare();
    const all = this.#folder.scratch(key);
    const own = join(all, token);
    try {
      await this.#make(all, own);
      // Our own change of the folder made this host see it as it is. Listed before the lock is read: what is listed then
      // can only be of owners before us, even if this process is stopped for long between the two.
      const others = entriesOf(this.#folder, all).filter(({ name }) => name !== token);
      if (!(await this.#locks.isOwner(hexOf(key), token))) {
        await this.remove(key, token);
        throw new InterruptedError('another run has taken over the step');
      }
      if (this.#whole(own).length === 0) await this.#takeOver(all, others, own);
      // Who lost the lock may have a file of it open: gc removes that later.
      for (const { name } of others) await removeFolder(join(all, name), this.#folder.disk.promises).catch(unlessInUse);
      return own;
    } catch (error) {
      throw diskError(error, this.#folder.path, 'making a scratch folder');
    }
  }

  /** Removes the folder of a lock, which is of no one else whoever has the lock now. */
  async remove(key: Digest, token: string): Promise<void> {
    const all = this.#folder.scratch(key);
    const { promises } = this.#folder.disk;
    try {
      await removeFolder(join(all, token), promises);
      await promises.rmdir(all).catch(unlessInUse);
    } catch (error) {
      throw diskError(error, this.#folder.path, 'removing a scratch folder');
    }
  }

  async #make(all: string, own: string): Promise<void> {
    for (;;) {
      await this.#folder.makeFolder(all);
      try {
        return await this.#folder.makeFolder(own);
      } catch (error) {
        // Removed as empty between the two calls.
        if (errorCode(error) !== 'ENOENT') throw error;
      }
    }
  }

  /**
   * Renames the files of the earlier folder that was written last into ours. Each of several is right: whoever goes on from
   * it comes to the same bits. Files that lie beside the folders are of a version without tokens.
   */
  async #takeOver(all: string, others: ReturnType<typeof entriesOf>, own: string): Promise<void> {
    const folders = [all, ...others.filter((entry) => entry.isDirectory()).map(({ name }) => join(all, name))];
    const found = folders.map((folder) => this.#whole(folder)).filter((files) => files.length > 0);
    const newest = found.sort((a, b) => b[0]!.modified - a[0]!.modified)[0] ?? [];
    for (const { name, path } of newest) await this.#folder.disk.promises.rename(path, join(own, name));
  }

  /** Whole files of a folder, the newest first. What lies in folders of it is nothing that can be gone on from. */
  #whole(folder: string) {
    return entriesOf(this.#folder, folder)
      .filter((entry) => entry.isFile() && !isPartial(entry.name) && !entry.name.startsWith('.'))
      .flatMap(({ name }) => statusOf(this.#folder, join(folder, name)).map((file) => ({ ...file, name })))
      .sort((a, b) => b.modified - a.modified);
  }
}
