import { copyFile, readdir, readFile, readlink, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { makeFolder } from '../formats/make-folder.js';
import { openToRead } from '../formats/regular-file.js';
import type { HubReference, Repository } from './hub-reference.js';

/**
 * The folder layout that huggingface_hub and everything built on it share
 * (https://huggingface.co/docs/huggingface_hub/guides/manage-cache): blobs named by their checksum, snapshots of links
 * to them by commit, refs from branch to commit.
 */
export class HubCache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  #repository({ kind, repo }: Repository): string {
    return join(this.folder, `${kind}s--${repo.replaceAll('/', '--')}`);
  }

  snapshot(repository: Repository, commit: string): string {
    return join(this.#repository(repository), 'snapshots', commit);
  }

  blob(repository: Repository, checksum: string): string {
    return join(this.#repository(repository), 'blobs', checksum);
  }

  /** JSON file that keeps the names of a folder's files, beside what other tools use. */
  listing(repository: Repository, commit: string, folder: string): string {
    return join(this.#repository(repository), '.runflow-listings', commit, `${folder}.json`);
  }

  /** File that keeps the commit of a branch or tag; `refs` tells other tools that a snapshot is there. */
  revision(reference: HubReference): string {
    return join(this.#repository(reference), '.runflow-revisions', reference.revision);
  }

  /** File that keeps the beginning of a safetensors file, up to where its data begins. */
  header(repository: Repository, commit: string, path: string): string {
    return join(this.#repository(repository), '.runflow-headers', commit, path);
  }

  /** File names in a snapshot's top folder whose blobs are there; empty when there is no snapshot. */
  async files(repository: Repository, commit: string): Promise<readonly string[]> {
    const folder = this.snapshot(repository, commit);
    const names = await readdir(folder).catch(() => []);
    const present = await Promise.all(names.map((name) => isFile(join(folder, name))));
    return names.filter((_, i) => present[i]).sort();
  }

  /** The checksum that a snapshot's file is named by; undefined where links are not used. */
  async checksumOf(file: string): Promise<string | undefined> {
    const target = await readlink(file).catch(() => undefined);
    const name = target === undefined ? '' : basename(target);
    return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name) ? name : undefined;
  }

  /** Puts a blob into a snapshot under its path. */
  async link(repository: Repository, commit: string, path: string, checksum: string): Promise<string> {
    const blob = this.blob(repository, checksum);
    const file = join(this.snapshot(repository, commit), path);
    await makeFolder(dirname(file));
    await rm(file, { force: true });
    try {
      await symlink(relative(dirname(file), blob), file);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // Another process was faster, or the file system knows no links.
      if (code !== 'EEXIST' && code !== 'EPERM' && code !== 'ENOTSUP') throw error;
      if (code !== 'EEXIST') await copyFile(blob, file);
    }
    return file;
  }

  /** The commit that a branch or tag had when it was last looked up. */
  async ref(reference: HubReference): Promise<string | undefined> {
    const file = join(this.#repository(reference), 'refs', reference.revision);
    const commit = await readFile(file, { encoding: 'utf8', flag: openToRead }).catch(() => '');
    return /^[0-9a-f]{40}$/.test(commit.trim()) ? commit.trim() : undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}
