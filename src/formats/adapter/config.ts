import { DataError } from '../../diagnostics/errors.js';
import { parseStrictObject } from '../model-config.js';
import type { StrictJson, StrictJsonObject } from '../strict-json.js';

/** The names of an adapter's two files, as PEFT writes them. */
export const adapterConfigFile = 'adapter_config.json';
export const adapterWeightsFile = 'adapter_model.safetensors';

/** What PEFT's `target_modules: all-linear` is read as. */
export const allLinear = 'all-linear';

/** Names of modules: a list, each the whole name or its end behind a dot, or one regular expression for the whole name. */
export type ModuleNames = readonly string[] | string;

/** Regular expressions for the end of a module's name, with a number each; the first that matches counts. */
export type NumberByPattern = readonly (readonly [pattern: string, value: number])[];

/** What an adapter_config.json says of the weights: ΔW = s · B A, s = α / r, or α / √r where it is rank-stabilised. */
export interface AdapterConfig {
  readonly rank: number;
  readonly alpha: number;
  readonly rankPattern: NumberByPattern;
  readonly alphaPattern: NumberByPattern;
  readonly rankStabilised: boolean;
  readonly targets: ModuleNames;
  readonly excluded: ModuleNames;
  /** Numbers of the layers whose modules are targets; undefined: all. */
  readonly layers: readonly number[] | undefined;
  /** Regular expressions for what stands before a layer's number; none: any name. */
  readonly layersPattern: readonly string[];
  /** The layers store [in, out], as Conv1D of transformers does. */
  readonly fanInFanOut: boolean;
  /** Ends of the names of modules that are stored whole. */
  readonly modulesToSave: readonly string[];
  readonly bias: 'none' | 'all' | 'lora_only';
  /** `base_model_name_or_path`: a repository of the hub or a path. */
  readonly baseName: string | undefined;
  /** Revision of the base. */
  readonly revision: string | undefined;
}

/** Keys that are about training, about how PEFT runs a model, or about whoever wrote the file. */
const withoutEffect: ReadonlySet<string> = new Set([
  ...['task_type', 'auto_mapping', 'peft_version', 'inference_mode', 'lora_dropout', 'runtime_config'],
  // Of kinds of initial factors, and of parts that other keys switch on.
  ...['eva_config', 'corda_config', 'lora_ga_config', 'loftq_config', 'megatron_core', 'qalora_group_size'],
]);

/** Initial factors that leave the base as it is. Of the others the file holds the difference to a base that was changed. */
const initialFactors: ReadonlySet<StrictJson> = new Set<StrictJson>([true, false, 'gaussian', 'orthogonal', 'eva']);

const otherAdapters = 'Merge the adapter in PEFT (`merge_and_unload`), save the model, and take that by `path:`.';

/**
 * Reads an adapter_config.json as PEFT does (`LoraConfig`).
 * @param file what errors call it
 * @throws DataError that names the key: of a value that is not PEFT's, and of every key that asks for something else than
 * LoRA as it is computed here
 */
export function parseAdapterConfig(bytes: Uint8Array, file: string): AdapterConfig {
  const keys = new Keys(parseStrictObject(bytes, file), file);
  const type = keys.take('peft_type');
  if (type !== 'LORA') keys.refuse('peft_type', type, 'only LORA is read', otherAdapters);
  const initial = keys.take('init_lora_weights') ?? true;
  if (!initialFactors.has(initial)) {
    const hint =
      'Save it with `save_pretrained(…, path_initial_model_for_weight_conversion=…)`, which makes plain LoRA of it.';
    keys.refuse('init_lora_weights', initial, 'its factors belong to a base that was changed before training', hint);
  }
  const targets = keys.moduleNames('target_modules');
  if (targets === undefined) keys.refuse('target_modules', null, 'it says which modules the factors belong to');
  const layers = keys.layers('layers_to_transform');
  const layersPattern = keys.patterns('layers_pattern');
  if (layersPattern.length > 0 && keys.take('layers_to_transform') === null) {
    keys.refuse('layers_pattern', layersPattern, 'it needs layers_to_transform, as in PEFT');
  }
  if (typeof targets === 'string' && layers !== undefined) {
    keys.refuse('layers_to_transform', layers, 'PEFT takes it only where target_modules is a list');
  }
  const config: AdapterConfig = {
    rank: keys.number('r', 8, true),
    alpha: keys.number('lora_alpha', 8, false),
    rankPattern: keys.numberByPattern('rank_pattern', true),
    alphaPattern: keys.numberByPattern('alpha_pattern', false),
    rankStabilised: keys.flag('use_rslora'),
    targets: targets!,
    excluded: keys.moduleNames('exclude_modules') ?? [],
    layers,
    layersPattern,
    fanInFanOut: keys.flag('fan_in_fan_out'),
    modulesToSave: keys.texts('modules_to_save') ?? [],
    bias: keys.oneOf('bias', ['none', 'all', 'lora_only']),
    baseName: keys.text('base_model_name_or_path'),
    revision: keys.text('revision'),
  };
  keys.checkRest();
  return config;
}

/** The members of a config, each of which is taken or refused. */
class Keys {
  readonly #values: StrictJsonObject;
  readonly #file: string;
  readonly #taken = new Set<string>();

  constructor(values: StrictJsonObject, file: string) {
    this.#values = values;
    this.#file = file;
  }

  take(name: string): StrictJson {
    this.#taken.add(name);
    return this.#values.get(name) ?? null;
  }

  refuse(name: string, value: StrictJson, why: string, hint?: string): never {
    const what = value === null ? `${name} is missing` : `${name} = ${shown(value)}`;
    throw new DataError(`${this.#file}: ${what}: ${why}`, hint === undefined ? {} : { hint });
  }

  /** Whatever was not taken must say that it is not used. */
  checkRest(): void {
    for (const [name, value] of this.#values) {
      if (this.#taken.has(name) || withoutEffect.has(name) || isUnused(value)) continue;
      this.refuse(name, value, 'runflow computes LoRA without it', otherAdapters);
    }
  }

  number(name: string, byDefault: number, whole: boolean): number {
    const value = this.take(name) ?? byDefault;
    return isNumber(value, whole) ? value : this.refuse(name, value, numberRule(whole));
  }

  flag(name: string): boolean {
    const value = this.take(name) ?? false;
    return typeof value === 'boolean' ? value : this.refuse(name, value, 'it is true or false');
  }

  text(name: string): string | undefined {
    const value = this.take(name) ?? '';
    if (typeof value !== 'string') this.refuse(name, value, 'it is a text');
    return value === '' ? undefined : (value as string);
  }

  oneOf<T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const value = this.take(name) ?? values[0];
    return values.find((known) => known === value) ?? this.refuse(name, value, `it is ${values.join(', ')}`);
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.take(name);
    if (value === null) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as readonly string[];
    return this.refuse(name, value, 'it is a list of names');
  }

  moduleNames(name: string): ModuleNames | undefined {
    const value = this.take(name);
    if (typeof value !== 'string') return this.texts(name);
    if (value.toLowerCase() === allLinear && name === 'target_modules') return allLinear;
    this.#checkPattern(name, value);
    return value;
  }

  patterns(name: string): readonly string[] {
    const value = this.take(name);
    const patterns = typeof value === 'string' ? [value].filter((text) => text !== '') : (this.texts(name) ?? []);
    for (const pattern of patterns) this.#checkPattern(name, pattern);
    return patterns;
  }

  /** An empty list stands for all layers, as in PEFT. */
  layers(name: string): readonly number[] | undefined {
    const value = this.take(name);
    const layers = value === null || Array.isArray(value) ? ((value ?? []) as readonly StrictJson[]) : [value];
    if (!layers.every((layer) => Number.isInteger(layer) && (layer as number) >= 0)) {
      this.refuse(name, value, 'it is a number of a layer or a list of such');
    }
    return layers.length === 0 ? undefined : (layers as readonly number[]);
  }

  numberByPattern(name: string, whole: boolean): NumberByPattern {
    const value = this.take(name) ?? new Map<string, StrictJson>();
    if (!(value instanceof Map)) return this.refuse(name, value, 'it is a mapping of patterns to numbers');
    return [...(value as StrictJsonObject)].map(([pattern, number]) => {
      this.#checkPattern(name, pattern);
      if (!isNumber(number, whole)) return this.refuse(`${name}.${pattern}`, number, numberRule(whole));
      return [pattern, number] as const;
    });
  }

  #checkPattern(name: string, pattern: string): void {
    try {
      new RegExp(pattern, 'u');
    } catch (error) {
      const reason = (error as Error).message.replace(/^Invalid regular expression: /, '');
      this.refuse(name, pattern, `this is not a regular expression that runflow reads: ${reason}`);
    }
  }
}

function isNumber(value: StrictJson, whole: boolean): value is number {
  return typeof value === 'number' && value > 0 && (!whole || Number.isInteger(value));
}

function numberRule(whole: boolean): string {
  return whole ? 'it is a whole number above 0' : 'it is a number above 0';
}

function isUnused(value: StrictJson): boolean {
  if (value instanceof Map) return value.size === 0;
  return value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);
}

function shown(value: StrictJson): string {
  const plain = (item: StrictJson): unknown =>
    item instanceof Map
      ? Object.fromEntries([...item].map(([name, member]) => [name, plain(member as StrictJson)]))
      : item;
  const text = JSON.stringify(plain(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
