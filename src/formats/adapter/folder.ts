import { DataError } from '../../diagnostics/errors.js';
import { type Checkpoint, inNaturalOrder } from '../checkpoint.js';
import { listNames } from '../file-access.js';
import { maximumConfigBytes } from '../model-config.js';
import { folderFiles, type ModelFiles } from '../model-files.js';
import { checkWholeWeights } from '../quantisation.js';
import { companionFiles, unreadWeights } from '../weight-files.js';
import { adapterConfigFile, adapterWeightsFile, parseAdapterConfig } from './config.js';

/**
 * Opens a folder of a LoRA adapter (absolute path) as PEFT writes it. Its tensors keep the names of the file.
 * @throws DataError that names the file, and the key or tensor
 */
export function openAdapter(folder: string): Promise<Checkpoint> {
  return openAdapterFiles(folderFiles(folder));
}

/** The same of files that need not lie in a folder. */
export async function openAdapterFiles(files: ModelFiles): Promise<Checkpoint> {
  const names = await files.list();
  const folder = files.where;
  checkAdapterFiles(names, folder);
  const bytes = await files.read(adapterConfigFile, maximumConfigBytes);
  const file = files.pathOf(adapterWeightsFile);
  const tensors = (await files.tensors(adapterWeightsFile)).map((tensor) => ({ ...tensor, file }));
  if (tensors.length === 0) throw new DataError(`${file}: it holds no tensors`);
  checkWholeWeights(tensors);
  const unread = [
    ...unreadWeights(names, new Set([adapterWeightsFile])),
    ...companionFiles.filter((name) => names.includes(name)),
  ];
  return {
    folder,
    tensors: inNaturalOrder(tensors),
    companions: new Map([[adapterConfigFile, bytes.length]]),
    tied: false,
    unread,
    adapter: parseAdapterConfig(bytes, files.pathOf(adapterConfigFile)),
  };
}

/** @throws DataError when a folder or repository holds no adapter in safetensors format; says what it holds instead */
export function checkAdapterFiles(names: readonly string[], where: string): void {
  const missing = [adapterConfigFile, adapterWeightsFile].filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  let hint = `There is: ${listNames(names)}.`;
  if (names.includes('adapter_model.bin')) {
    hint = 'There is a PyTorch pickle only: open the adapter in PEFT and save it with `save_pretrained`.';
  } else if (names.some((name) => name.endsWith('.safetensors') && !name.startsWith('adapter_'))) {
    hint = 'There is a whole model: leave out `base:`.';
  }
  throw new DataError(`${where}: no adapter: ${missing.join(' and ')} is missing`, { hint });
}
