import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, EnvironmentError } from '../diagnostics/errors.js';
import { formatBytes } from '../formats/byte-size.js';
import { isInnerName } from '../formats/inner-path.js';
import { makeFolder } from '../formats/make-folder.js';
import { HubCache } from './hub-cache.js';
import { describe, HubConnection, type Patience, type Subject } from './hub-connection.js';
import { checksumOf, downloadRange, downloadVerified, type Expected } from './hub-download.js';
import { checkReference, type HubReference, isCommit, type Repository } from './hub-reference.js';
import type { HubSettings } from './hub-settings.js';

/** A file of a repository at a commit. */
export interface HubFile extends Expected {
  readonly path: string;
}

export interface HubFolder {
  readonly files: readonly HubFile[];
  /** Paths of the folders in it. */
  readonly folders: readonly string[];
}

const maximumEntries = 100_000;

/** The Hugging Face hub and its cache on disk. Offline, only the cache. */
export class Hub {
  readonly settings: HubSettings;
  readonly cache: HubCache;
  readonly #connection: HubConnection;

  constructor(settings: HubSettings, options: { patience?: Partial<Patience>; signal?: AbortSignal } = {}) {
    this.settings = settings;
    this.cache = new HubCache(settings.cacheFolder);
    this.#connection = new HubConnection(settings, options);
  }

  /**
   * The commit that a branch or tag stands for now; offline, when it was last looked up. A commit stands for itself.
   */
  async commitOf(reference: HubReference): Promise<string> {
    checkReference(reference);
    const { kind, repo, revision } = reference;
    if (isCommit(revision)) return revision;
    if (this.settings.offline) {
      const commit = await this.cache.ref(reference);
      if (commit !== undefined) return commit;
      throw this.#absent(reference);
    }
    const call = {
      name: repo,
      revision,
      hubUrl: this.settings.endpoint,
      fetch: this.#connection.apiFetch(reference),
      additionalFields: ['sha'] as ['sha'],
    };
    const { datasetInfo, modelInfo } = await import('@huggingface/hub');
    const info = () => (kind === 'model' ? modelInfo(call) : datasetInfo(call));
    const { sha } = await this.#connection.explain(reference, info);
    if (typeof sha !== 'string' || !isCommit(sha)) {
      throw new EnvironmentError(`${describe(reference)}: the hub names no commit for it`, {
        hint: 'Check HF_ENDPOINT.',
      });
    }
    return sha;
  }

  /**
   * What a folder of a repository at a commit holds, without what is in folders below it.
   * @throws EntryNotFoundError when there is no such folder
   */
  async list(repository: Repository, commit: string, folder = ''): Promise<HubFolder> {
    const subject = subjectOf(repository, commit);
    if (this.settings.offline) throw this.#absent(subject);
    const { listFiles } = await import('@huggingface/hub');
    return this.#connection.explain(subject, async () => {
      const files: HubFile[] = [];
      const folders: string[] = [];
      const listing = listFiles({
        repo: { type: repository.kind, name: repository.repo },
        revision: commit,
        hubUrl: this.settings.endpoint,
        fetch: this.#connection.apiFetch(subject),
        ...(folder === '' ? {} : { path: folder }),
      });
      let entries = 0;
      for await (const { type, path, size, oid, lfs } of listing) {
        if (++entries > maximumEntries)
          throw new DataError(`${describe(subject)}: more than ${maximumEntries} files in one folder`);
        if (!isSafePath(path)) continue;
        if (type === 'directory') folders.push(path);
        if (type !== 'file') continue;
        const file = { path, bytes: lfs?.size ?? size, checksum: lfs?.oid ?? oid };
        if (!isHubFile(file)) throw new TypeError('an entry without a size or a checksum');
        files.push(file);
      }
      return { files, folders };
    });
  }

  /**
   * Files of a snapshot in the cache, without a request. Their checksums are what their blobs are named by; empty where
   * the cache holds copies instead of links.
   */
  async cachedFiles(repository: Repository, commit: string): Promise<readonly HubFile[]> {
    const files: HubFile[] = [];
    for (const path of await this.cache.files(repository, commit)) {
      const file = await this.cachedFile(repository, commit, path);
      if (file !== undefined) files.push(file);
    }
    return files;
  }

  /** The same of one file; undefined when it is not in the cache. */
  async cachedFile(repository: Repository, commit: string, path: string): Promise<HubFile | undefined> {
    const file = join(this.cache.snapshot(repository, commit), path);
    const status = await stat(file).catch(() => undefined);
    if (!status?.isFile()) return undefined;
    return { path, bytes: status.size, checksum: (await this.cache.checksumOf(file)) ?? '' };
  }

  /**
   * Makes sure that files of a repository at a commit are in the cache, with the right checksums: downloads what is not
   * there and what was damaged. @returns their paths in the snapshot.
   * @param onProgress told how many bytes were there or arrived (or, negative, were thrown away)
   */
  async fetch(
    repository: Repository,
    commit: string,
    files: readonly HubFile[],
    onProgress: (bytes: number) => void = () => undefined,
  ): Promise<readonly string[]> {
    await this.#checkSpace(repository, files);
    const paths: string[] = [];
    for (const file of files) {
      const path = join(this.cache.snapshot(repository, commit), file.path);
      const blob = this.cache.blob(repository, file.checksum);
      if (await isIntact(path, file)) onProgress(file.bytes);
      else if (await isIntact(blob, file)) {
        onProgress(file.bytes);
        await this.cache.link(repository, commit, file.path, file.checksum);
      } else {
        const subject = subjectOf(repository, commit, file.path);
        if (this.settings.offline) throw this.#absent(subject);
        await downloadVerified(
          this.#connection,
          this.#url(repository, commit, file.path),
          blob,
          file,
          subject,
          onProgress,
        );
        await this.cache.link(repository, commit, file.path, file.checksum);
      }
      paths.push(path);
    }
    return paths;
  }

  /**
   * Bytes [offset, offset + bytes) of a file of a repository, and no more of it; nothing is kept.
   * @throws EnvironmentError offline, or when the hub sends something else
   */
  async readRange(
    repository: Repository,
    commit: string,
    path: string,
    offset: number,
    bytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const subject = subjectOf(repository, commit, path);
    if (this.settings.offline) throw this.#absent(subject);
    return downloadRange(this.#connection, this.#url(repository, commit, path), offset, bytes, subject);
  }

  /** Offline, and something is not in the cache. */
  absent(repository: Repository, commit: string, file?: string): EnvironmentError {
    return this.#absent(subjectOf(repository, commit, file));
  }

  #absent(subject: Subject): EnvironmentError {
    const { kind, repo, revision } = subject;
    const download = `hf download ${repo}${kind === 'dataset' ? ' --repo-type dataset' : ''} --revision ${revision}`;
    return new EnvironmentError(
      `${describe(subject)} is not in the cache ${this.cache.folder}, or damaged, and HF_HUB_OFFLINE is set`,
      {
        hint: `Run once without HF_HUB_OFFLINE, or copy here what \`${download}\` puts into a cache elsewhere.`,
      },
    );
  }

  #url({ kind, repo }: Repository, commit: string, path: string): string {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return `${this.settings.endpoint}/${kind === 'model' ? '' : 'datasets/'}${repo}/resolve/${commit}/${encoded}`;
  }

  async #checkSpace(repository: Repository, files: readonly HubFile[]): Promise<void> {
    let needed = 0;
    for (const file of files) {
      const there = await stat(this.cache.blob(repository, file.checksum)).catch(() => undefined);
      if (there === undefined) needed += file.bytes;
    }
    if (needed === 0) return;
    await makeFolder(this.cache.folder);
    const { bavail, bsize } = await statfs(this.cache.folder);
    if (bavail * bsize >= needed) return;
    throw new EnvironmentError(
      `${repository.repo}: ${formatBytes(needed)} are to be downloaded, ${formatBytes(bavail * bsize)} are free in ${this.cache.folder}`,
      { hint: 'Free space, or move the cache with HF_HOME.' },
    );
  }
}

/** Paths and checksums become parts of paths on this machine: what is not safe is none. */
export function isHubFile(value: unknown): value is HubFile {
  if (typeof value !== 'object' || value === null) return false;
  const { path, bytes, checksum } = value as Partial<HubFile>;
  const isSize = Number.isSafeInteger(bytes) && bytes! >= 0;
  return isSafePath(path) && isSize && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(String(checksum));
}

function subjectOf({ kind, repo }: Repository, commit: string, file?: string): Subject {
  return { kind, repo, revision: commit, ...(file !== undefined && { file }) };
}

async function isIntact(path: string, expected: Expected): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined || !status.isFile() || status.size !== expected.bytes) return false;
  return expected.checksum === '' || (await checksumOf(path, expected)) === expected.checksum;
}

function isSafePath(path: unknown): path is string {
  if (typeof path !== 'string' || path.length > 1000 || /[\p{Cc}\\:]/u.test(path)) return false;
  return isInnerName(path);
}
