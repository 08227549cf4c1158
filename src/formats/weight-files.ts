import { DataError } from '../diagnostics/errors.js';
import { listNames } from './file-access.js';
import { isLitter } from './litter.js';
import { parseStrictObject } from './model-config.js';

/** Files of a model's weights: one file, or shards that an index names. */
export type WeightFiles =
  | { readonly kind: 'single'; readonly file: string }
  | { readonly kind: 'sharded'; readonly index: string };

export const indexName = 'model.safetensors.index.json';
const singleName = 'model.safetensors';
/** A weight map with one line a tensor; the largest real ones have some megabytes. */
export const maximumIndexBytes = 100_000_000;

/**
 * Chooses among the files of a model folder or repository as transformers does: model.safetensors or the index with its
 * shards, else the only other safetensors file. Where both are there, the index must name model.safetensors
 * (`checkOneCheckpoint`): nobody can tell which of two checkpoints is meant. Throws a DataError that says what is there and
 * what to do.
 */
export function chooseWeightFiles(listed: readonly string[], where: string): WeightFiles {
  const names = listed.filter((name) => !isLitter(name));
  if (names.includes(indexName)) return { kind: 'sharded', index: indexName };
  if (names.includes(singleName)) return { kind: 'single', file: singleName };
  const weights = names.filter((name) => name.endsWith('.safetensors'));
  const whole = weights.filter((name) => !name.startsWith('adapter_') && !/-of-\d+\.safetensors$/.test(name));
  if (whole.length === 1) return { kind: 'single', file: whole[0]! };
  const ending = (suffix: string) => names.some((name) => name.endsWith(suffix));
  let hint = `There is: ${listNames(names)}.`;
  if (whole.length > 1) hint = `Which of ${listNames(whole)} is meant is unclear: keep one, or add ${indexName}.`;
  else if (weights.some((name) => !name.startsWith('adapter_')))
    hint = `There are shards, but ${indexName} is missing.`;
  else if (weights.length > 0) hint = 'There is an adapter only: name the model that it was trained on, `base: NAME`.';
  else if (ending('.bin') || ending('.pt') || ending('.pth')) {
    hint = 'There are PyTorch pickles only: open the model in transformers and save it with `save_pretrained`.';
  } else if (ending('.gguf')) hint = 'There is a GGUF file only: use the original safetensors checkpoint.';
  throw new DataError(`${where}: no safetensors weights`, { hint });
}

/** Shard file → the tensors that the index says are in it. Throws a DataError when the index is not one. */
export function parseWeightIndex(bytes: Uint8Array, file: string): ReadonlyMap<string, ReadonlySet<string>> {
  const map = parseStrictObject(bytes, file).get('weight_map');
  if (!(map instanceof Map) || map.size === 0) {
    throw new DataError(`${file}: it has no weight_map, which says what tensor is in what file`, {
      hint: `Take the index from where the shards are from, or save the model again with \`save_pretrained\`. A folder whose only file of weights is ${singleName} needs none: remove it.`,
    });
  }
  const shards = new Map<string, Set<string>>();
  for (const [tensor, shard] of map as ReadonlyMap<string, unknown>) {
    if (typeof shard !== 'string' || !/^[\w.-]+\.safetensors$/.test(shard) || shard.startsWith('.')) {
      throw new DataError(
        `${file}: tensor ${tensor} is said to be in ${JSON.stringify(shard)}, which is not a plain .safetensors name`,
      );
    }
    const tensors = shards.get(shard);
    if (tensors === undefined) shards.set(shard, new Set([tensor]));
    else tensors.add(tensor);
  }
  return shards;
}

/** @throws DataError when model.safetensors lies beside an index that names other files. */
export function checkOneCheckpoint(names: readonly string[], shards: Iterable<string>, where: string): void {
  const named = new Set(shards);
  if (!names.includes(singleName) || named.has(singleName)) return;
  throw new DataError(
    `${where}: it holds two checkpoints: ${singleName}, and ${listNames([...named], 3)} by ${indexName}`,
    { hint: `Keep one: move ${singleName} away, or ${indexName} with its shards.` },
  );
}

/** Weights in other formats, and adapters, that transformers would look for in a folder. */
const otherWeights = /\.(safetensors|bin|pt|pth|ckpt|gguf|h5|msgpack|npz|onnx)$/;
/** Saved beside weights by a Trainer, and no weights. */
const stateOfTraining = /^(training_args|optimizer|scheduler|scaler|rng_state.*)\.(bin|pt|pth)$/;

/** Files of weights that are in a folder beside those that are read, in order. */
export function unreadWeights(names: readonly string[], read: ReadonlySet<string>): readonly string[] {
  return names.filter(
    (name) => otherWeights.test(name) && !stateOfTraining.test(name) && !read.has(name) && !isLitter(name),
  );
}

/** Files beside the weights that belong to a model: what opens it and what turns text into tokens. */
export const companionFiles: readonly string[] = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
];
