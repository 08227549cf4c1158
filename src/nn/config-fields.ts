import { isDeepStrictEqual } from 'node:util';
import { DataError } from '../diagnostics/errors.js';
import { uncomputedFamilies } from '../formats/families/differences.js';
import { type FamilyName, familyNames } from '../formats/families/registry.js';
import type { Json, JsonObject } from '../formats/json.js';

const withoutDecoder =
  'Decompositions, energies, overlaps and projections of a checkpoint need no decoder; see "Models" in the README.';

/** Typed access to the fields of one JSON object; null counts as absent, as in transformers. */
export class ConfigFields {
  readonly #json: JsonObject;
  readonly #file: string;
  readonly #prefix: string;

  constructor(json: JsonObject, file: string, prefix = '') {
    this.#json = json;
    this.#file = file;
    this.#prefix = prefix;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#json, name) && this.#json[name] !== null;
  }

  /** null in the file, which some fields tell from not being there. */
  isNull(name: string): boolean {
    return Object.hasOwn(this.#json, name) && this.#json[name] === null;
  }

  /** Refuses any value but this one, which changes nothing; null stands for a field that any value of would change the model. */
  neutral(name: string, neutral: Json): void {
    if (!this.has(name) || isDeepStrictEqual(this.#json[name], neutral)) return;
    const only = neutral === null ? 'without it the model can be' : `${JSON.stringify(neutral)} can be`;
    this.refuse(name, this.#json[name]!, `is not computed; ${only}`);
  }

  refuse(name: string, value: Json, why: string): never {
    throw new DataError(`${this.#file}: ${this.#prefix}${name} = ${JSON.stringify(value)} ${why}`, {
      hint: `runflow trains and runs decoders of ${listed(familyNames)}. ${withoutDecoder}`,
    });
  }

  /** `model_type`. */
  family(): FamilyName {
    const value = this.#get('model_type', undefined);
    if ((familyNames as readonly Json[]).includes(value)) return value as FamilyName;
    const known = listed(familyNames.map((name) => `"${name}"`));
    const differs = typeof value === 'string' ? uncomputedFamilies.get(value) : undefined;
    const why = differs === undefined ? '' : `: ${differs}`;
    return this.refuse('model_type', value, `is a family that is neither trained nor run${why}; ${known} are`);
  }

  number(name: string, fallback?: number): number {
    const value = this.#get(name, fallback);
    if (typeof value !== 'number' || !Number.isFinite(value)) return this.refuse(name, value, 'is not a number');
    const held = Math.fround(value);
    if (!Number.isFinite(held) || (held === 0) !== (value === 0)) this.refuse(name, value, 'is beyond what f32 holds');
    return value;
  }

  count(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    if (!Number.isSafeInteger(value) || value < 1) this.refuse(name, value, 'is not a whole number above 0');
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#get(name, fallback);
    return typeof value === 'boolean' ? value : this.refuse(name, value, 'is neither true nor false');
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback?: T): T {
    const value = this.#get(name, fallback);
    if (allowed.includes(value as T)) return value as T;
    return this.refuse(name, value, `is not computed; ${listed(allowed.map((item) => `"${item}"`))} can be`);
  }

  object(name: string): ConfigFields | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#json[name] as Json;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.refuse(name, value, 'is not an object');
    }
    return new ConfigFields(value as JsonObject, this.#file, `${this.#prefix}${name}.`);
  }

  list(name: string): readonly Json[] | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#json[name] as Json;
    return Array.isArray(value) ? value : this.refuse(name, value, 'is not a list');
  }

  /** A token id, a list of them, or nothing. */
  tokens(name: string): readonly number[] {
    if (!this.has(name)) return [];
    const value = this.#json[name] as Json;
    const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
    if (!list.every((id) => typeof id === 'number' && Number.isSafeInteger(id) && id >= 0)) {
      return this.refuse(name, value, 'is neither a token id nor a list of them');
    }
    return list as readonly number[];
  }

  /** The file may leave `architectures` out, but may not name a model with another head. */
  architectures(expected: string): void {
    if (!this.has('architectures')) return;
    const value = this.#json.architectures as Json;
    if (!Array.isArray(value) || !value.includes(expected)) {
      this.refuse('architectures', value, `is not computed; ["${expected}"] can be`);
    }
  }

  #get(name: string, fallback: Json | undefined): Json {
    if (this.has(name)) return this.#json[name]!;
    if (fallback !== undefined) return fallback;
    throw new DataError(`${this.#file}: ${this.#prefix}${name} is missing`);
  }
}

/** `a`, `a and b`, `a, b and c` */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
