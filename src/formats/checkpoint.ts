import { join } from 'node:path';
import { DataError } from '../diagnostics/errors.js';
import type { Artifact, Artifacts } from './artifact.js';
import { listFolder, listNames, readSmallFile, withFile } from './file-access.js';
import type { HashRanges } from './hash-ranges.js';
import { hasTiedEmbeddings, maximumConfigBytes, parseModelConfig } from './model-config.js';
import { naturalOrder } from './natural-order.js';
import { readSafetensorsHeader } from './safetensors-reader.js';
import type { StoredTensor } from './tensor.js';
import { chooseWeightFiles, companionFiles, maximumIndexBytes, parseWeightIndex } from './weight-files.js';

export interface CheckpointTensor extends StoredTensor {
  /** Absolute path. */
  readonly file: string;
}

/** A Hugging Face model folder: what is in it and where, without the data. */
export interface Checkpoint {
  readonly folder: string;
  /** By name, layers in numerical order, whatever the order in the files. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Sizes of those of the companion files that are there; config.json among them or not. */
  readonly companions: ReadonlyMap<string, number>;
  /** `tie_word_embeddings` of config.json. */
  readonly tied: boolean;
}

/**
 * Opens a model folder (absolute path): one safetensors file or an index with all of its shards, every header checked.
 * config.json and tokenizer files are optional, since linear algebra needs neither. Throws a DataError that names the
 * file and tensor.
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const names = await listFolder(folder);
  const weights = chooseWeightFiles(names, folder);
  const tensors =
    weights.kind === 'single'
      ? await readShard(join(folder, weights.file))
      : await readShards(folder, names, join(folder, weights.index));
  let tied = false;
  if (names.includes('config.json')) {
    const file = join(folder, 'config.json');
    tied = hasTiedEmbeddings(parseModelConfig(await readSmallFile(file, maximumConfigBytes), file));
  }
  const companions = new Map<string, number>();
  for (const name of companionFiles.filter((candidate) => names.includes(candidate))) {
    companions.set(name, await withFile(join(folder, name), async (_, bytes) => bytes));
  }
  return {
    folder,
    tensors: new Map(tensors.sort((a, b) => naturalOrder(a.name, b.name)).map((tensor) => [tensor.name, tensor])),
    companions,
    tied,
  };
}

async function readShard(file: string): Promise<CheckpointTensor[]> {
  const { tensors } = await readSafetensorsHeader(file);
  if (tensors.length === 0) throw new DataError(`${file}: it holds no tensors`);
  return tensors.map((tensor) => ({ ...tensor, file }));
}

async function readShards(folder: string, names: readonly string[], index: string): Promise<CheckpointTensor[]> {
  const shards = parseWeightIndex(await readSmallFile(index, maximumIndexBytes), index);
  const missing = [...shards.keys()].filter((shard) => !names.includes(shard));
  if (missing.length > 0) {
    throw new DataError(`${folder}: ${missing.length} of ${shards.size} shards are missing: ${listNames(missing)}`, {
      hint: `${index} names them. Finish the download or copy.`,
    });
  }
  const found: CheckpointTensor[] = [];
  for (const [shard, expected] of shards) {
    const tensors = await readShard(join(folder, shard));
    const present = new Set(tensors.map(({ name }) => name));
    const absent = [...expected].filter((name) => !present.has(name));
    const unlisted = [...present].filter((name) => !expected.has(name));
    if (absent.length > 0)
      throw new DataError(`${join(folder, shard)}: the index says it holds ${listNames(absent, 4)}, but it does not`);
    if (unlisted.length > 0) {
      throw new DataError(
        `${join(folder, shard)}: it holds ${listNames(unlisted, 4)}, which the index does not place here`,
        {
          hint: 'The index and the shards are of different saves; take both from one.',
        },
      );
    }
    found.push(...tensors);
  }
  return found;
}

/** The digests of every tensor and companion file, as a model's artifacts that stay where they are. */
export async function checkpointArtifacts(checkpoint: Checkpoint, hash: HashRanges): Promise<Artifacts> {
  const byFile = new Map<string, CheckpointTensor[]>();
  for (const tensor of checkpoint.tensors.values()) {
    const tensors = byFile.get(tensor.file);
    if (tensors === undefined) byFile.set(tensor.file, [tensor]);
    else tensors.push(tensor);
  }
  const found = new Map<string, Artifact>();
  for (const [file, tensors] of byFile) {
    const digests = await hash(file, tensors);
    for (const [i, { name, dtype, shape, offset, bytes }] of tensors.entries()) {
      found.set(name, { digest: digests[i]!, bytes, tensor: { dtype, shape }, at: { file, offset } });
    }
  }
  const artifacts: Record<string, Artifact> = {};
  for (const name of checkpoint.tensors.keys()) artifacts[`tensor/${name}`] = found.get(name)!;
  for (const [name, bytes] of checkpoint.companions) {
    const file = join(checkpoint.folder, name);
    const [digest] = await hash(file, [{ offset: 0, bytes }]);
    artifacts[`file/${name}`] = { digest: digest!, bytes, at: { file, offset: 0 } };
  }
  return artifacts;
}
