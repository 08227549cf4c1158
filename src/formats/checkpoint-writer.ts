import { lstat, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError, EnvironmentError, UsageError } from '../diagnostics/errors.js';
import { isDiskFull, writeFailure } from '../diagnostics/file-system-error.js';
import { adapterConfigFile, adapterWeightsFile } from './adapter/config.js';
import type { Artifact, Artifacts } from './artifact.js';
import { makeFolder } from './make-folder.js';
import { tensorNames, tensorOf } from './model-artifacts.js';
import { renameSynced, syncFolder, writeSynced } from './replace-file.js';
import { splitIntoShards, type TensorSource, writeSafetensors } from './safetensors-writer.js';
import { type TensorInfo, tensorBytes } from './tensor.js';
import { companionFiles, indexName } from './weight-files.js';

/** What transformers splits at. */
const defaultShardBytes = 5_000_000_000;

export interface CheckpointContents {
  readonly tensors: readonly TensorInfo[];
  readonly source: TensorSource;
  /** Plain file name → its parts: config.json, tokenizer files. */
  readonly files: ReadonlyMap<string, AsyncIterable<Uint8Array> | Iterable<Uint8Array>>;
  /** The one file of all weights; absent: as many as their size asks for, named as transformers names them. */
  readonly weights?: string;
}

/** Gives bytes [offset, offset + length) of an artifact, verified. */
export type ReadArtifact = (artifact: Artifact, offset: number, length: number) => Promise<Uint8Array>;

const partBytes = 4 << 20;

/** What to write for a model's artifacts. */
export function contentsOfModel(model: Artifacts, read: ReadArtifact): CheckpointContents {
  return contentsOf(model, companionFiles, read);
}

/** The same for the artifacts of a LoRA adapter, as PEFT names its files. */
export function contentsOfAdapter(adapter: Artifacts, read: ReadArtifact): CheckpointContents {
  return { ...contentsOf(adapter, [adapterConfigFile], read), weights: adapterWeightsFile };
}

function contentsOf(model: Artifacts, fileNames: readonly string[], read: ReadArtifact): CheckpointContents {
  async function* partsOf(artifact: Artifact): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < artifact.bytes; offset += partBytes) {
      yield await read(artifact, offset, Math.min(partBytes, artifact.bytes - offset));
    }
  }
  const tensors = tensorNames(model).map((name) => ({ name, ...tensorOf(model, name) }));
  const files = new Map<string, AsyncIterable<Uint8Array>>();
  for (const [output, artifact] of Object.entries(model)) {
    const name = output.slice('file/'.length);
    if (output.startsWith('file/') && fileNames.includes(name)) files.set(name, partsOf(artifact));
  }
  return { tensors, source: ({ name }) => partsOf(model[`tensor/${name}`]!), files };
}

/** Throws a UsageError when something is at `path`. */
export async function checkAbsent(path: string): Promise<void> {
  if ((await lstat(path).catch(() => undefined)) === undefined) return;
  throw new UsageError(`${path} exists already`, { hint: 'Name a folder that is not there yet, or remove it.' });
}

/**
 * Writes a Hugging Face model folder, tensor by tensor. The folder appears under its name only when it is whole and on
 * disk. Throws a UsageError when something is there already: nothing is ever overwritten.
 */
export async function writeCheckpoint(
  folder: string,
  contents: CheckpointContents,
  shardBytes = defaultShardBytes,
): Promise<void> {
  await checkAbsent(folder);
  const temporary = join(dirname(folder), `.${basename(folder)}.${process.pid}.partial`);
  try {
    await makeFolder(dirname(folder));
    await mkdir(temporary);
    for (const [name, parts] of contents.files) await writeSynced(join(temporary, name), parts);
    await writeWeights(temporary, contents, shardBytes);
    await syncFolder(temporary);
    await renameSynced(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw explained(error, folder);
  }
}

async function writeWeights(folder: string, contents: CheckpointContents, shardBytes: number): Promise<void> {
  if (contents.weights !== undefined) {
    await writeSafetensors(join(folder, contents.weights), contents.tensors, contents.source);
    return;
  }
  const shards = splitIntoShards(contents.tensors, shardBytes);
  if (shards.length === 0) throw new DataError(`${folder}: a model without tensors cannot be written`);
  if (shards.length === 1) {
    await writeSafetensors(join(folder, 'model.safetensors'), contents.tensors, contents.source);
    return;
  }
  const count = String(shards.length).padStart(5, '0');
  const places: [string, string][] = [];
  for (const [i, tensors] of shards.entries()) {
    const name = `model-${String(i + 1).padStart(5, '0')}-of-${count}.safetensors`;
    await writeSafetensors(join(folder, name), tensors, contents.source);
    for (const tensor of tensors) places.push([tensor.name, name]);
  }
  const index = {
    metadata: { total_size: contents.tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0) },
    weight_map: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  await writeSynced(join(folder, indexName), `${JSON.stringify(index, null, 2)}\n`);
}

function explained(error: unknown, folder: string): unknown {
  const why = writeFailure(error);
  if (why === undefined) return error;
  const hint = isDiskFull(error) ? 'Free space or name another disk.' : 'Name another folder.';
  return new EnvironmentError(`${folder}: cannot be written: ${why}`, { cause: error, hint });
}
