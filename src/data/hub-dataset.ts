import { basename, dirname } from 'node:path/posix';
import { DataError } from '../diagnostics/errors.js';
import { listNames } from '../formats/file-access.js';
import { isLitter } from '../formats/litter.js';
import type { Hub, HubFile } from './hub.js';
import { EntryNotFoundError } from './hub-connection.js';
import { listHubFolder } from './hub-listing.js';
import type { DownloadProgress } from './hub-model.js';
import { checkReference, type Repository } from './hub-reference.js';

/** Which rows of a repository: those of files by name, or of a split in the hub's conversion to parquet. */
export type HubRows =
  | { readonly files: readonly string[] }
  /** All of `<config>/<split>/*.parquet`. */
  | { readonly config: string; readonly split: string };

export interface FetchedFile {
  /** Its path in the repository. */
  readonly name: string;
  /** Its path on this machine. */
  readonly file: string;
  readonly bytes: number;
}

/**
 * Brings the files of a dataset into the cache, verified against the hub's checksums. When the hub cannot be reached, or
 * HF_HUB_OFFLINE is set, what the cache has must do.
 *
 * @returns the files, those of a split by name
 * @throws DataError saying which configurations, splits or files there are instead; EnvironmentError
 */
export async function fetchDataset(
  hub: Hub,
  repo: string,
  commit: string,
  rows: HubRows,
  onProgress: (progress: DownloadProgress) => void = () => undefined,
): Promise<readonly FetchedFile[]> {
  const repository = { kind: 'dataset', repo } as const;
  const files = await datasetFiles(hub, repo, commit, rows);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const paths = await hub.fetch(repository, commit, files, (bytes) => {
    done += bytes;
    onProgress({ done, total });
  });
  return files.map(({ path, bytes }, index) => ({ name: path, file: paths[index]!, bytes }));
}

/** What these rows are in, without bringing any of it. @throws as fetchDataset */
export function datasetFiles(hub: Hub, repo: string, commit: string, rows: HubRows): Promise<readonly HubFile[]> {
  const repository = { kind: 'dataset', repo } as const;
  checkReference({ ...repository, revision: commit });
  return 'files' in rows ? namedFiles(hub, repository, commit, rows.files) : splitFiles(hub, repository, commit, rows);
}

async function splitFiles(
  hub: Hub,
  repository: Repository,
  commit: string,
  { config, split }: { readonly config: string; readonly split: string },
): Promise<readonly HubFile[]> {
  const listed = await listHubFolder(hub, repository, commit, `${config}/${split}`).catch(async (error: unknown) => {
    throw error instanceof EntryNotFoundError ? await noSuchSplit(hub, repository, commit, config, split) : error;
  });
  const files = listed.filter(({ path }) => path.endsWith('.parquet') && !isLitter(basename(path)));
  if (files.length > 0) return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  throw new DataError(`${repository.repo}: ${config}/${split} holds no parquet files`, {
    hint: `It holds: ${listNames(listed.map(({ path }) => path))}.`,
  });
}

async function noSuchSplit(
  hub: Hub,
  repository: Repository,
  commit: string,
  config: string,
  split: string,
): Promise<DataError> {
  const { repo } = repository;
  const configs = (await hub.list(repository, commit)).folders;
  if (!configs.includes(config)) {
    return new DataError(`${repo} has no configuration "${config}"`, {
      hint: `Its configurations are: ${listNames(configs)}. Name one with \`config\`.`,
    });
  }
  const splits = (await hub.list(repository, commit, config)).folders.map((path) => path.slice(config.length + 1));
  const partial = splits.includes(`partial-${split}`)
    ? ` Of a large split the hub converts only the beginning: \`split: partial-${split}\` takes it.`
    : '';
  return new DataError(`${repo} has no split "${split}" in its configuration "${config}"`, {
    hint: `The splits are: ${listNames(splits)}.${partial}`,
  });
}

async function namedFiles(
  hub: Hub,
  repository: Repository,
  commit: string,
  names: readonly string[],
): Promise<readonly HubFile[]> {
  const known = new Map<string, HubFile>();
  for (const folder of new Set(names.map(folderOf))) {
    try {
      for (const file of await listHubFolder(hub, repository, commit, folder)) known.set(file.path, file);
    } catch (error) {
      if (error instanceof EntryNotFoundError) continue;
      // The hub cannot be asked. A file that is in the cache needs no listing: it is named.
      for (const name of names.filter((candidate) => folderOf(candidate) === folder)) {
        const file = await hub.cachedFile(repository, commit, name);
        if (file === undefined) throw hub.settings.offline ? hub.absent(repository, commit, name) : error;
        known.set(name, file);
      }
    }
  }
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) throw await noSuchFile(hub, repository, commit, missing);
  return names.map((name) => known.get(name)!);
}

/** Says what the nearest folder that exists holds. */
async function noSuchFile(hub: Hub, repository: Repository, commit: string, name: string): Promise<DataError> {
  for (let folder = folderOf(name); ; folder = folderOf(folder)) {
    try {
      const { files, folders } = await hub.list(repository, commit, folder);
      const names = [...folders.map((path) => `${path}/`), ...files.map(({ path }) => path)];
      return new DataError(`${repository.repo} has no file "${name}"`, { hint: `There is: ${listNames(names)}.` });
    } catch (error) {
      if (!(error instanceof EntryNotFoundError) || folder === '') throw error;
    }
  }
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
