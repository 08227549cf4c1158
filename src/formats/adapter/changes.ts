import { embeddingTensor, isTiedCopy, outputTensor } from '../architecture.js';
import { isFloatType } from '../float-conversion.js';
import type { DType } from '../tensor.js';
import type { AdapterConfig } from './config.js';
import { adapterPrefix, isLayerWeight, mayBeConvolution, moduleOf } from './names.js';
import { isSavedWhole, isTarget, type Module, rankOf, scaleOf } from './targets.js';

type Tensors = ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;

/** What an adapter makes of one tensor of its base; names are those of its file. */
export interface TensorChange {
  /** Stored whole: it takes the base's place. */
  readonly whole?: string;
  /** The same once more, for the output layer that is tied to it: the two must be equal. */
  readonly again?: string;
  readonly factors?: Factors;
}

/** ΔW = scale · B A, or its transpose. */
export interface Factors {
  readonly a: string;
  readonly b: string;
  readonly scale: number;
  readonly transposed: boolean;
}

/** The names of the file, read. */
interface Entries {
  /** Factors of each module. */
  readonly factors: Map<string, FactorNames>;
  /** Name in the file of each tensor of the base that is stored whole. */
  readonly whole: Map<string, string>;
}

interface FactorNames {
  a?: string;
  b?: string;
  embedding: boolean;
}

/** Layers that PEFT may store whole beside their factors, or when the vocabulary was resized. */
const embeddings: ReadonlySet<string> = new Set([embeddingTensor, outputTensor]);

/**
 * What an adapter changes of its base, tensor by tensor, as PEFT's `merge_and_unload` does. Every tensor of the file must
 * be used and everything that the config asks for be there.
 * @param base of a model with tied embeddings one matrix stands for both ends, as in PEFT, which adds to what both share
 * @returns the changes by tensor of the base; problems say what does not fit, each by name
 */
export function adapterChanges(
  config: AdapterConfig,
  adapter: Tensors,
  base: { readonly tensors: Tensors; readonly tied: boolean },
): { readonly changes: ReadonlyMap<string, TensorChange>; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const { factors, whole } = readNames(adapter.keys(), problems);
  const changes = new Map<string, TensorChange>();
  const own = new Tied(base);
  const targets = modulesOf(own).filter((module) => isTarget(config, module));

  for (const { name } of targets) {
    if (!factors.has(name)) problems.push(`${name} is a target and has no factors`);
  }
  const targetNames = new Set(targets.map(({ name }) => name));
  // PEFT takes it of such layers and ignores it of others; where there are none of them, something else was meant.
  if (config.fanInFanOut && !targets.some(({ name }) => mayBeConvolution(name))) {
    problems.push('fan_in_fan_out = true is for layers that store [in, out], and no target is one');
  }
  for (const [module, names] of factors) {
    const tensor = `${module}.weight`;
    const target = own.stored(tensor);
    const shape = own.shape(tensor);
    if (shape === undefined) problems.push(`${module} has factors and no weight in the base`);
    else if (!targetNames.has(module)) problems.push(`${module} has factors and is no target by adapter_config.json`);
    else if (changes.has(target)) problems.push(`${module} has factors, and so has the layer that it is tied to`);
    else {
      const read = readFactors(config, adapter, { module, names, shape }, problems);
      if (read !== undefined) changes.set(target, { factors: read });
    }
  }

  const expected = wholeTensors(config, own, targetNames);
  for (const tensor of expected) {
    if (!whole.has(tensor)) problems.push(`${tensor} is to be stored whole and is not there`);
  }
  for (const [tensor, key] of whole) {
    const shape = own.shape(tensor);
    const { shape: given, dtype } = adapter.get(key)!;
    if (shape === undefined) problems.push(`${key} has no tensor in the base`);
    else if (!expected.has(tensor) && !embeddings.has(tensor)) {
      problems.push(`${key} is nothing that adapter_config.json speaks of`);
    } else if (given.join() !== shape.join()) {
      const added = given.length === shape.length && given.slice(1).join() === shape.slice(1).join();
      const why = added && given[0]! > shape[0]! ? `: ${given[0]! - shape[0]!} rows are added, as for new tokens` : '';
      problems.push(`${key} is ${text(given)} and the base's ${text(shape)}${why}`);
    } else if (!isFloatType(dtype)) problems.push(`${key} holds ${dtype}`);
    else {
      const target = own.stored(tensor);
      const before = changes.get(target);
      if (before?.whole === undefined) changes.set(target, { ...before, whole: key });
      else changes.set(target, { ...before, again: key });
    }
  }
  checkTiedPair(config, own, changes, whole, problems);
  return { changes, problems };
}

/** The base's tensors; of tied embeddings both names are known, and one of them is stored. */
class Tied {
  readonly tied: boolean;
  readonly #tensors: Tensors;

  constructor({ tensors, tied }: { readonly tensors: Tensors; readonly tied: boolean }) {
    this.#tensors = tensors;
    this.tied = tied && tensors.has(embeddingTensor);
  }

  names(): string[] {
    const names = [...this.#tensors.keys()].filter((name) => !this.#isCopy(name));
    return this.tied ? [...names, outputTensor] : names;
  }

  shape(name: string): readonly number[] | undefined {
    const tensor = this.#tensors.get(this.stored(name));
    return tensor !== undefined && isFloatType(tensor.dtype) ? tensor.shape : undefined;
  }

  /** The name under which a tensor is stored. */
  stored(name: string): string {
    return this.tied && name === outputTensor ? embeddingTensor : name;
  }

  #isCopy(name: string): boolean {
    return isTiedCopy(name, this.tied, (other) => this.#tensors.has(other));
  }
}

function modulesOf(base: Tied): Module[] {
  const modules = new Map<string, Module>();
  for (const tensor of base.names()) {
    const name = moduleOf(tensor);
    const linear = isLayerWeight(tensor, base.shape(tensor) ?? []);
    if (name !== '') modules.set(name, { name, linear: linear || !!modules.get(name)?.linear });
  }
  return [...modules.values()];
}

function readNames(names: Iterable<string>, problems: string[]): Entries {
  const entries: Entries = { factors: new Map(), whole: new Map() };
  for (const key of names) {
    if (!key.startsWith(adapterPrefix)) {
      problems.push(`${key} does not begin with ${adapterPrefix}`);
      continue;
    }
    const name = key.slice(adapterPrefix.length);
    // Older versions leave the adapter's name in: lora_A.default.weight.
    const factor = /^(.+)\.lora_(?:([AB])(?:\.default)?\.weight|embedding_([AB])(?:\.default)?)$/.exec(name);
    if (factor === null) {
      const tensor = name.replace(/\.modules_to_save(?:\.default)?(?=\.)/, '').replace(/\.base_layer(?=\.[^.]+$)/, '');
      if (entries.whole.has(tensor))
        problems.push(`${key} and ${entries.whole.get(tensor)} are one tensor of the base`);
      entries.whole.set(tensor, key);
      continue;
    }
    const [, module, linear, embedding] = factor;
    const found = entries.factors.get(module!) ?? { embedding: embedding !== undefined };
    const side = (linear ?? embedding) === 'A' ? 'a' : 'b';
    if (found[side] !== undefined) problems.push(`${key} and ${found[side]} are one factor`);
    if (found.embedding !== (embedding !== undefined))
      problems.push(`${key} has another kind than ${found.a ?? found.b}`);
    found[side] = key;
    entries.factors.set(module!, found);
  }
  return entries;
}

/** The factors of a module whose weight has this shape. */
function readFactors(
  config: AdapterConfig,
  adapter: Tensors,
  of: { readonly module: string; readonly names: FactorNames; readonly shape: readonly number[] },
  problems: string[],
): Factors | undefined {
  const { module, names, shape } = of;
  const { a, b, embedding } = names;
  if (a === undefined || b === undefined) {
    problems.push(`${module} has factor ${a === undefined ? 'B' : 'A'} only`);
    return undefined;
  }
  const transposed = embedding || (config.fanInFanOut && mayBeConvolution(module));
  const rank = rankOf(config, module);
  const [outputs, inputs] = transposed ? [...shape].reverse() : shape;
  const wanted: readonly (readonly [string, readonly (number | undefined)[]])[] = [
    [a, [rank, inputs]],
    [b, [outputs, rank]],
  ];
  for (const [key, expected] of wanted) {
    const { shape: given, dtype } = adapter.get(key)!;
    if (!isFloatType(dtype)) problems.push(`${key} holds ${dtype}`);
    else if (shape.length !== 2 || given.join() !== expected.join()) {
      const fits = shape.length === 2 ? ` and would be ${text(expected)} for rank ${rank}` : '';
      problems.push(`${key} is ${text(given)}${fits}; ${module}.weight is ${text(shape)}`);
    } else continue;
    return undefined;
  }
  return { a, b, scale: scaleOf(config, module), transposed };
}

/** The tensors that the config says are stored whole. */
function wholeTensors(config: AdapterConfig, base: Tied, targets: ReadonlySet<string>): Set<string> {
  const isBias = (tensor: string) => tensor.endsWith('.bias');
  return new Set(
    base.names().filter((tensor) => {
      if (isSavedWhole(config, tensor)) return true;
      if (config.bias === 'all') return isBias(tensor);
      return config.bias === 'lora_only' && isBias(tensor) && targets.has(moduleOf(tensor));
    }),
  );
}

/** Refuses one end of tied embeddings. PEFT keeps a copy of each end that is saved whole: with one of them alone they are tied no longer. */
function checkTiedPair(
  config: AdapterConfig,
  base: Tied,
  changes: ReadonlyMap<string, TensorChange>,
  whole: ReadonlyMap<string, string>,
  problems: string[],
): void {
  const change = changes.get(embeddingTensor);
  if (!base.tied || change?.whole === undefined) return;
  const saved = [embeddingTensor, outputTensor].filter((tensor) => isSavedWhole(config, tensor) && whole.has(tensor));
  if (saved.length !== 1) return;
  problems.push(
    `${saved[0]} alone is stored whole, and the base ties it to ${saved[0] === outputTensor ? embeddingTensor : outputTensor}`,
  );
}

function text(shape: readonly (number | undefined)[]): string {
  return `[${shape.join(', ')}]`;
}
