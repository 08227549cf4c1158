import { DataError } from '../diagnostics/errors.js';
import { adapterConfigFile, adapterWeightsFile } from '../formats/adapter/config.js';
import { checkAdapterFiles } from '../formats/adapter/folder.js';
import { readSmallFile } from '../formats/file-access.js';
import { maximumConfigBytes, parseModelConfig } from '../formats/model-config.js';
import { checkNotQuantised } from '../formats/quantisation.js';
import {
  checkOneCheckpoint,
  chooseWeightFiles,
  companionFiles,
  maximumIndexBytes,
  parseWeightIndex,
} from '../formats/weight-files.js';
import type { Hub, HubFile } from './hub.js';
import { HubUnreachableError } from './hub-connection.js';
import { checkReference, type Repository } from './hub-reference.js';

export interface DownloadProgress {
  readonly done: number;
  readonly total: number;
}

/** Brings files of a repository into the cache. @returns the snapshot's folder, which has the layout of a model folder */
export type FetchFiles = (
  hub: Hub,
  repo: string,
  commit: string,
  onProgress?: (progress: DownloadProgress) => void,
) => Promise<string>;

/** The same for the two files of a LoRA adapter. @throws DataError when the repository holds none */
export const fetchAdapterFiles: FetchFiles = async (hub, repo, commit, onProgress = () => undefined) => {
  const repository = { kind: 'model', repo } as const;
  checkReference({ ...repository, revision: commit });
  const { files: available, cacheOnly } = await availableFiles(hub, repo, commit);
  const names = [adapterConfigFile, adapterWeightsFile];
  const needed = available.filter(({ path }) => names.includes(path));
  if (cacheOnly && needed.length < names.length) throw hub.absent(repository, commit);
  checkAdapterFiles(
    available.map(({ path }) => path),
    `${repo}@${commit.slice(0, 12)}`,
  );
  await fetchAll(hub, repository, commit, needed, onProgress);
  return hub.cache.snapshot(repository, commit);
};

/**
 * Brings a model's files into the cache: config.json, tokenizer files and safetensors weights (with all shards), and
 * nothing that repeats the weights in another format. When the hub cannot be reached, what the cache has must do.
 */
export const fetchModel: FetchFiles = async (hub, repo, commit, onProgress = () => undefined) => {
  const repository = { kind: 'model', repo } as const;
  checkReference({ ...repository, revision: commit });
  const { files: available, cacheOnly } = await availableFiles(hub, repo, commit);
  const names = available.map(({ path }) => path);
  const pick = (path: string): HubFile => {
    const file = available.find((candidate) => candidate.path === path);
    if (file !== undefined) return file;
    if (cacheOnly) throw hub.absent(repository, commit, path);
    throw new DataError(`${repo}: its weight index names ${path}, which is not in the repository`);
  };
  if (cacheOnly && !names.some((name) => /\.safetensors(\.index\.json)?$/.test(name)))
    throw hub.absent(repository, commit);
  const weights = chooseWeightFiles(names, `${repo}@${commit.slice(0, 12)}`);
  const companions = available.filter(({ path }) => companionFiles.includes(path));

  const config = companions.find(({ path }) => path === 'config.json');
  if (config !== undefined) {
    // Gigabytes need not come first to find that they are quantised.
    const [file] = await hub.fetch(repository, commit, [config]);
    checkNotQuantised(parseModelConfig(await readSmallFile(file!, maximumConfigBytes), file!), `${repo}/config.json`);
  }
  let shards: readonly string[] = [];
  let first: readonly HubFile[] = companions;
  if (weights.kind === 'single') shards = [weights.file];
  else {
    first = [pick(weights.index), ...companions];
    const [index] = await hub.fetch(repository, commit, [pick(weights.index)]);
    shards = [...parseWeightIndex(await readSmallFile(index!, maximumIndexBytes), index!).keys()].sort();
    checkOneCheckpoint(names, shards, repo);
  }
  const needed = [...first, ...shards.map(pick)];
  await fetchAll(hub, repository, commit, needed, onProgress);
  return hub.cache.snapshot(repository, commit);
};

async function fetchAll(
  hub: Hub,
  repository: Repository,
  commit: string,
  files: readonly HubFile[],
  onProgress: (progress: DownloadProgress) => void,
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  await hub.fetch(repository, commit, files, (bytes) => {
    done += bytes;
    onProgress({ done, total });
  });
}

async function availableFiles(
  hub: Hub,
  repo: string,
  commit: string,
): Promise<{ files: readonly HubFile[]; cacheOnly: boolean }> {
  const repository = { kind: 'model', repo } as const;
  const cached = await hub.cachedFiles(repository, commit);
  if (hub.settings.offline) return { files: cached, cacheOnly: true };
  try {
    return { files: (await hub.list(repository, commit)).files, cacheOnly: false };
  } catch (error) {
    if (error instanceof HubUnreachableError && cached.length > 0) return { files: cached, cacheOnly: true };
    throw error;
  }
}
