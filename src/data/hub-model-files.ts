import { dirname, join } from 'node:path';
import { errorCode } from '../diagnostics/file-system-error.js';
import { readSmallFile } from '../formats/file-access.js';
import { makeFolder } from '../formats/make-folder.js';
import type { ModelFiles } from '../formats/model-files.js';
import { replaceFile } from '../formats/replace-file.js';
import { headerFrom, type ReadRange, readSafetensorsHeader } from '../formats/safetensors-reader.js';
import type { StoredTensor } from '../formats/tensor.js';
import type { Hub, HubFile } from './hub.js';
import { listHubFolder } from './hub-listing.js';
import { checkReference } from './hub-reference.js';

/** What a file system says of a folder that cannot be written. */
const unwritable: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENOSPC'];

/** Longest header that is kept. */
const mostKeptBytes = 100_000_000;

export interface HubModelFiles extends ModelFiles {
  /** Bytes of those of these files that the cache did not have. */
  toFetch(names: readonly string[]): number;
}

/**
 * The files of a model's repository at a commit without its weights: config.json and an index come into the cache as always,
 * of weights only the headers are asked for. What the cache has is not asked for again, and does offline.
 */
export async function hubModelFiles(hub: Hub, repo: string, commit: string): Promise<HubModelFiles> {
  const repository = { kind: 'model', repo } as const;
  checkReference({ ...repository, revision: commit });
  const cached = new Map((await hub.cachedFiles(repository, commit)).map((file) => [file.path, file]));
  const files = await listed();
  const where = `${repo}@${commit.slice(0, 12)}`;
  const fileOf = (name: string) => {
    const file = files.get(name);
    if (file === undefined) throw hub.absent(repository, commit, name);
    return file;
  };
  return {
    where,
    toFetch: (names) => names.filter((name) => !cached.has(name)).reduce((sum, name) => sum + fileOf(name).bytes, 0),
    list: async () => [...files.keys()],
    pathOf: (name) => `${where}/${name}`,
    bytes: async (name) => fileOf(name).bytes,
    async read(name, mostBytes) {
      const file = fileOf(name);
      const path = await fetched(file);
      if (path !== undefined) return readSmallFile(path, mostBytes);
      return hub.readRange(repository, commit, name, 0, Math.min(file.bytes, mostBytes + 1));
    },
    async tensors(name) {
      const { bytes } = fileOf(name);
      if (cached.has(name)) {
        return (await readSafetensorsHeader(join(hub.cache.snapshot(repository, commit), name))).tensors;
      }
      return remoteHeader(name, bytes);
    },
  };

  async function listed(): Promise<ReadonlyMap<string, HubFile>> {
    try {
      return new Map((await listHubFolder(hub, repository, commit, '')).map((file) => [file.path, file]));
    } catch (error) {
      if (!hub.settings.offline || cached.size === 0) throw error;
      return cached;
    }
  }

  /** The path of a file in the cache; undefined where the cache cannot be written. */
  async function fetched(file: HubFile): Promise<string | undefined> {
    try {
      const [path] = await hub.fetch(repository, commit, [file]);
      return path;
    } catch (error) {
      if (hub.settings.offline || !unwritable.includes(errorCode(error) ?? '')) throw error;
      return undefined;
    }
  }

  async function remoteHeader(name: string, fileBytes: number): Promise<readonly StoredTensor[]> {
    const memory = hub.cache.header(repository, commit, name);
    const kept = await readSmallFile(memory, mostKeptBytes).catch(() => undefined);
    const asked: { readonly offset: number; readonly data: Uint8Array }[] = [];
    const read: ReadRange = async (offset, bytes) => {
      if (kept !== undefined && offset + bytes <= kept.length)
        return new Uint8Array(kept.subarray(offset, offset + bytes));
      const data = await hub.readRange(repository, commit, name, offset, bytes);
      asked.push({ offset, data });
      return data;
    };
    const { tensors } = await headerFrom(read, `${where}/${name}`, fileBytes);
    if (asked.length > 0) await keep(memory, asked);
    return tensors;
  }
}

/** A cache that cannot be written costs the next estimate the same requests. */
async function keep(
  memory: string,
  parts: readonly { readonly offset: number; readonly data: Uint8Array }[],
): Promise<void> {
  const bytes = new Uint8Array(Math.max(...parts.map(({ offset, data }) => offset + data.length)));
  for (const { offset, data } of parts) bytes.set(data, offset);
  try {
    await makeFolder(dirname(memory));
    await replaceFile(memory, bytes);
  } catch {
    // Documented above.
  }
}
