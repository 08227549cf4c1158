import { join } from 'node:path';
import { listFolder, readSmallFile, withFile } from './file-access.js';
import { readSafetensorsHeader } from './safetensors-reader.js';
import type { StoredTensor } from './tensor.js';

/** The files of a model, wherever they lie: what opening a checkpoint reads of them. */
export interface ModelFiles {
  /** Place for errors: a folder, or a repository at a commit. */
  readonly where: string;
  list(): Promise<readonly string[]>;
  /** What a file is called in errors and artifacts. */
  pathOf(name: string): string;
  /** A whole file. @throws DataError when it is longer than `mostBytes` */
  read(name: string, mostBytes: number): Promise<Uint8Array>;
  /** The tensors that a safetensors file says it holds, by its header alone. */
  tensors(name: string): Promise<readonly StoredTensor[]>;
  /** Size. */
  bytes(name: string): Promise<number>;
}

/** Those of a folder (absolute path). */
export function folderFiles(folder: string): ModelFiles {
  const pathOf = (name: string) => join(folder, name);
  return {
    where: folder,
    list: () => listFolder(folder),
    pathOf,
    read: (name, mostBytes) => readSmallFile(pathOf(name), mostBytes),
    tensors: async (name) => (await readSafetensorsHeader(pathOf(name))).tensors,
    bytes: (name) => withFile(pathOf(name), async (_, bytes) => bytes),
  };
}
