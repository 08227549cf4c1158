import { DataError } from '../../diagnostics/errors.js';
import { embeddingTensor, outputTensor } from '../architecture.js';
import type { JsonObject } from '../json.js';
import { naturalOrder } from '../natural-order.js';
import { adapterPrefix, moduleOf } from './names.js';
import { isSavedWhole } from './targets.js';

/** What an adapter that is written is to hold. */
export interface AdapterContents {
  /** Rank of the factors of each weight that gets some; their scale is 1. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Other tensors that are to be stored whole. */
  readonly changed: readonly string[];
  /** All tensors of the base, and those among them that are as they were and not at hand. */
  readonly tensors: readonly string[];
  readonly outside: ReadonlySet<string>;
  /** Weights of linear layers among them. */
  readonly linear: ReadonlySet<string>;
  readonly tied: boolean;
  readonly fanInFanOut: boolean;
  readonly base: { readonly repo: string; readonly commit: string } | undefined;
  /** The base is a causal language model of transformers. */
  readonly causal: boolean;
}

export interface AdapterFile {
  /** adapter_config.json. */
  readonly config: JsonObject;
  /** Tensor that is stored whole, by its name in the file. */
  readonly whole: ReadonlyMap<string, string>;
}

/**
 * The config of an adapter, and the names of what it stores whole, as PEFT reads them. Modules are stored with all their
 * tensors. A bias of a linear layer is stored as `bias: all` does it, with every other bias.
 * @throws DataError that names a tensor which PEFT cannot store whole
 */
export function adapterFile(contents: AdapterContents): AdapterFile {
  const { ranks, tensors, linear, fanInFanOut, base, causal } = contents;
  const linearModules = new Set([...linear].map(moduleOf));
  const biases = contents.changed.filter((name) => name.endsWith('.bias') && linearModules.has(moduleOf(name)));
  const saved = modulesToSave(contents, biases, linearModules);
  const targets = [...ranks.keys()].map(moduleOf);
  const whole = new Map<string, string>();
  for (const tensor of tensors) {
    const module = moduleOf(tensor);
    const isBias = biases.length > 0 && tensor.endsWith('.bias');
    if (isBias && targets.includes(module)) whole.set(`${adapterPrefix}${module}.base_layer.bias`, tensor);
    else if (isBias || isSavedWhole({ modulesToSave: saved }, tensor)) whole.set(`${adapterPrefix}${tensor}`, tensor);
  }
  const missing = [...whole.values()].find((tensor) => contents.outside.has(tensor));
  if (missing !== undefined) {
    throw notStored(saved[0] ?? biases[0]!, `PEFT would store ${missing} with it, which is not part of the update`);
  }
  // The one matrix of tied embeddings is stored for both ends: with one alone PEFT would untie them.
  if (contents.tied && saved.includes(moduleOf(embeddingTensor))) {
    saved.push(moduleOf(outputTensor));
    whole.set(`${adapterPrefix}${outputTensor}`, embeddingTensor);
  }
  const rank = Math.max(...ranks.values());
  const lower = [...ranks].filter(([, own]) => own < rank).map(([name, own]) => [moduleOf(name), own]);
  const config = {
    peft_type: 'LORA',
    task_type: causal ? 'CAUSAL_LM' : null,
    base_model_name_or_path: base?.repo ?? null,
    revision: base?.commit ?? null,
    inference_mode: true,
    r: rank,
    lora_alpha: rank,
    lora_dropout: 0,
    target_modules: shortNames(targets, new Set(tensors.map(moduleOf))),
    rank_pattern: Object.fromEntries(lower),
    // With a rank of its own a layer needs an α of its own: the factors hold the scale.
    alpha_pattern: Object.fromEntries(lower),
    modules_to_save: saved.length === 0 ? null : saved,
    bias: biases.length > 0 ? 'all' : 'none',
    fan_in_fan_out: fanInFanOut,
    init_lora_weights: true,
    use_rslora: false,
    use_dora: false,
    layers_to_transform: null,
    layers_pattern: null,
  };
  return { config, whole };
}

/** The modules whose tensors are stored whole: PEFT takes every module whose name ends so, with all that is in it. */
function modulesToSave(
  { changed, tensors }: AdapterContents,
  biases: readonly string[],
  linearModules: ReadonlySet<string>,
): string[] {
  const modules = new Set<string>();
  for (const tensor of changed) {
    if (biases.includes(tensor)) continue;
    const module = moduleOf(tensor);
    if (module === '') throw notStored(tensor, 'it belongs to no module');
    modules.add(module);
  }
  const names = [...modules].sort(naturalOrder);
  for (const tensor of tensors) {
    const module = moduleOf(tensor);
    if (!linearModules.has(module) || !isSavedWhole({ modulesToSave: names }, tensor)) continue;
    const name = names.find((own) => isSavedWhole({ modulesToSave: [own] }, tensor))!;
    throw notStored(name, `PEFT would store the linear layer ${module} with it`);
  }
  return names;
}

function notStored(what: string, why: string): DataError {
  return new DataError(`${what} cannot be stored whole in an adapter: ${why}`, {
    hint: 'Leave such tensors out: --rest drop.',
  });
}

/** The last parts of the names where these stand for just the same modules, and else the names. */
function shortNames(targets: readonly string[], modules: ReadonlySet<string>): string[] {
  const last = (module: string) => module.slice(module.lastIndexOf('.') + 1);
  const wanted = new Set(targets);
  const mixed = new Set([...modules].filter((module) => !wanted.has(module)).map(last));
  const names = targets.map((module) => (mixed.has(last(module)) ? module : last(module)));
  return [...new Set(names)].sort(naturalOrder);
}
