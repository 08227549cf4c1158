import type { AdapterConfig, ModuleNames, NumberByPattern } from './config.js';
import { allLinear } from './config.js';

/** What a module is, as far as names and shapes of a checkpoint tell. */
export interface Module {
  readonly name: string;
  /** A linear layer of one of the numbered layers: what `all-linear` of PEFT takes. */
  readonly linear: boolean;
}

/** Whether a module gets factors (PEFT's `check_target_module_exists`). */
export function isTarget(config: AdapterConfig, { name, linear }: Module): boolean {
  if (isNamed(config.excluded, name)) return false;
  // A module that is stored whole has no factors, nor has what is in it.
  if (config.modulesToSave.some((kept) => `.${name}.`.includes(`.${kept}.`))) return false;
  if (config.targets === allLinear) return linear;
  if (!isNamed(config.targets, name)) return false;
  // A module that the list names in full is a target whatever its layer.
  if (typeof config.targets === 'string' || config.targets.includes(name)) return true;
  return isInLayers(config, name);
}

/** Whether a module's tensors are stored whole (PEFT's `modules_to_save`, which compares ends of names). */
export function isSavedWhole({ modulesToSave }: Pick<AdapterConfig, 'modulesToSave'>, tensor: string): boolean {
  const parts = tensor.split('.').slice(0, -1);
  return parts.some((_, index) => {
    const module = parts.slice(0, index + 1).join('.');
    return modulesToSave.some((kept) => module.endsWith(kept));
  });
}

/** The rank of a module's factors. */
export function rankOf({ rankPattern, rank }: AdapterConfig, module: string): number {
  return byPattern(rankPattern, module) ?? rank;
}

/** s of ΔW = s · B A. */
export function scaleOf(config: AdapterConfig, module: string): number {
  const alpha = byPattern(config.alphaPattern, module) ?? config.alpha;
  const rank = rankOf(config, module);
  return config.rankStabilised ? alpha / Math.sqrt(rank) : alpha / rank;
}

function byPattern(patterns: NumberByPattern, module: string): number | undefined {
  return patterns.find(([pattern]) => new RegExp(`^(.*\\.)?(${pattern})$`, 'u').test(module))?.[1];
}

function isNamed(names: ModuleNames, module: string): boolean {
  if (typeof names === 'string') return names !== '' && new RegExp(`^(?:${names})$`, 'u').test(module);
  return names.some((name) => module === name || module.endsWith(`.${name}`));
}

/** Looks at the first number in the name that follows one of the patterns. */
function isInLayers({ layers, layersPattern }: AdapterConfig, module: string): boolean {
  if (layers === undefined) return true;
  const before = layersPattern.length === 0 ? ['[^.]*'] : layersPattern;
  for (const pattern of before) {
    const found = new RegExp(`^.*?\\.${pattern}\\.(?<layer>\\d+)\\.`, 'u').exec(module)?.groups?.layer;
    if (found !== undefined) return layers.includes(Number(found));
  }
  return false;
}
