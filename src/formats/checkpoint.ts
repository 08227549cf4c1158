import { basename, join } from 'node:path';
import { DataError } from '../diagnostics/errors.js';
import type { AdapterConfig } from './adapter/config.js';
import { embeddingTensor, outputTensor } from './architecture.js';
import type { Artifact, Artifacts } from './artifact.js';
import { listNames } from './file-access.js';
import type { HashRanges } from './hash-ranges.js';
import { hasTiedEmbeddings, maximumConfigBytes, parseModelConfig } from './model-config.js';
import { folderFiles, type ModelFiles } from './model-files.js';
import { naturalOrder } from './natural-order.js';
import { checkNotQuantised, checkWholeWeights } from './quantisation.js';
import type { StoredTensor } from './tensor.js';
import { type NamePrefixes, renameTensors } from './tensor-names.js';
import {
  checkOneCheckpoint,
  chooseWeightFiles,
  companionFiles,
  maximumIndexBytes,
  parseWeightIndex,
  unreadWeights,
} from './weight-files.js';

export interface CheckpointTensor extends StoredTensor {
  /** Absolute path. */
  readonly file: string;
}

/** A Hugging Face model folder: what is in it and where, without the data. */
export interface Checkpoint {
  readonly folder: string;
  /**
   * By name, layers in numerical order, whatever the order in the files. The one matrix of tied embeddings is called
   * model.embed_tokens.weight, also where the file has it as lm_head.weight.
   */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Sizes of those of the companion files that are there; config.json among them or not. */
  readonly companions: ReadonlyMap<string, number>;
  /** `tie_word_embeddings` of config.json. */
  readonly tied: boolean;
  /** Files in the folder that are not read, since those that are hold the model: weights, and of an adapter what its base has. */
  readonly unread: readonly string[];
  /** Names in the files of tensors that `names` leaves out. */
  readonly leftOut?: readonly string[];
  /** Configuration of a folder that holds an adapter: its tensors belong to a base. */
  readonly adapter?: AdapterConfig;
}

/**
 * Opens a model folder (absolute path): one safetensors file or an index with all of its shards, every header checked.
 * config.json and tokenizer files are optional, since linear algebra needs neither. Throws a DataError that names the
 * file and tensor, also where it cannot tell what is meant: two checkpoints, an adapter beside the weights, quantised
 * weights.
 *
 * @param prefixes what beginnings of names become. Where they leave tensors out, config.json is left out too, for it describes
 * the whole, and embeddings are not tied.
 */
export function openCheckpoint(folder: string, prefixes?: NamePrefixes): Promise<Checkpoint> {
  return openCheckpointFiles(folderFiles(folder), prefixes);
}

/** The same of files that need not lie in a folder. */
export async function openCheckpointFiles(files: ModelFiles, prefixes?: NamePrefixes): Promise<Checkpoint> {
  const names = await files.list();
  const folder = files.where;
  const weights = chooseWeightFiles(names, folder);
  const stored =
    weights.kind === 'single' ? await readShard(files, weights.file) : await readShards(files, names, weights.index);
  const tied = names.includes('config.json') && (await readTied(files));
  checkWholeWeights(stored);
  const unread = unreadWeights(names, new Set(stored.map(({ file }) => basename(file))));
  const adapter = unread.find((name) => name.startsWith('adapter_model.'));
  if (adapter !== undefined) {
    throw new DataError(`${files.pathOf(adapter)}: an adapter lies beside the weights`, {
      hint: 'transformers would apply it. Move it into a folder of its own, and take that with `base:` and the name of this model; or move it away.',
    });
  }
  const { tensors, leftOut } =
    prefixes === undefined ? { tensors: stored, leftOut: [] } : renameTensors(stored, prefixes, folder);
  const isPart = leftOut.length > 0;
  const taken = companionFiles.filter((name) => names.includes(name) && !(isPart && name === 'config.json'));
  const companions = new Map<string, number>();
  for (const name of taken) companions.set(name, await files.bytes(name));
  return {
    folder,
    tensors: inNaturalOrder(tied ? underOneName(tensors) : tensors),
    companions,
    tied: tied && !isPart,
    unread,
    ...(isPart ? { leftOut } : {}),
  };
}

/** Tensors by name, layers in numerical order. */
export function inNaturalOrder(tensors: readonly CheckpointTensor[]): Map<string, CheckpointTensor> {
  const sorted = [...tensors].sort((a, b) => naturalOrder(a.name, b.name));
  return new Map(sorted.map((tensor) => [tensor.name, tensor]));
}

/** The matrix of tied embeddings is the embedding, also where it is stored under the other of its two names only. */
function underOneName(tensors: readonly CheckpointTensor[]): readonly CheckpointTensor[] {
  if (tensors.some(({ name }) => name === embeddingTensor)) return tensors;
  return tensors.map((tensor) => (tensor.name === outputTensor ? { ...tensor, name: embeddingTensor } : tensor));
}

async function readTied(files: ModelFiles): Promise<boolean> {
  const file = files.pathOf('config.json');
  const config = parseModelConfig(await files.read('config.json', maximumConfigBytes), file);
  checkNotQuantised(config, file);
  return hasTiedEmbeddings(config, file);
}

async function readShard(files: ModelFiles, name: string): Promise<CheckpointTensor[]> {
  const file = files.pathOf(name);
  const tensors = await files.tensors(name);
  if (tensors.length === 0) throw new DataError(`${file}: it holds no tensors`);
  return tensors.map((tensor) => ({ ...tensor, file }));
}

async function readShards(files: ModelFiles, names: readonly string[], indexFile: string): Promise<CheckpointTensor[]> {
  const index = files.pathOf(indexFile);
  const shards = parseWeightIndex(await files.read(indexFile, maximumIndexBytes), index);
  checkOneCheckpoint(names, shards.keys(), files.where);
  const missing = [...shards.keys()].filter((shard) => !names.includes(shard));
  if (missing.length > 0) {
    throw new DataError(
      `${files.where}: ${missing.length} of ${shards.size} shards are missing: ${listNames(missing)}`,
      {
        hint: `${index} names them. Finish the download or copy.`,
      },
    );
  }
  const found: CheckpointTensor[] = [];
  for (const [shard, expected] of shards) {
    const tensors = await readShard(files, shard);
    const present = new Set(tensors.map(({ name }) => name));
    const absent = [...expected].filter((name) => !present.has(name));
    const unlisted = [...present].filter((name) => !expected.has(name));
    const hint = 'The index and the shards are of different saves; take both from one.';
    if (absent.length > 0) {
      throw new DataError(`${files.pathOf(shard)}: the index says it holds ${listNames(absent, 4)}, but it does not`, {
        hint,
      });
    }
    if (unlisted.length > 0) {
      throw new DataError(
        `${files.pathOf(shard)}: it holds ${listNames(unlisted, 4)}, which the index does not place here`,
        { hint },
      );
    }
    found.push(...tensors);
  }
  return found;
}

/**
 * The digests of every tensor and companion file, as a model's artifacts that stay where they are.
 * @throws DataError when embeddings are tied by config.json and the files hold another matrix for the output layer
 */
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
  if (checkpoint.tied) checkTied(checkpoint, found);
  const artifacts: Record<string, Artifact> = {};
  for (const name of checkpoint.tensors.keys()) artifacts[`tensor/${name}`] = found.get(name)!;
  for (const [name, bytes] of checkpoint.companions) {
    const file = join(checkpoint.folder, name);
    const [digest] = await hash(file, [{ offset: 0, bytes }]);
    artifacts[`file/${name}`] = { digest: digest!, bytes, at: { file, offset: 0 } };
  }
  return artifacts;
}

function checkTied({ folder, tensors }: Checkpoint, artifacts: ReadonlyMap<string, Artifact>): void {
  const [embedding, output] = [artifacts.get(embeddingTensor), artifacts.get(outputTensor)];
  if (embedding === undefined || output === undefined || embedding.digest === output.digest) return;
  throw new DataError(
    `${tensors.get(outputTensor)!.file}: ${outputTensor} differs from ${embeddingTensor}, and tie_word_embeddings is true in ${join(folder, 'config.json')}`,
    {
      hint: `If the model has an output layer of its own, set tie_word_embeddings to false; if not, remove ${outputTensor} from the file.`,
    },
  );
}
