import { readFileSync } from 'node:fs';
import type { Json } from '../formats/json.js';

/** The part of JSON Schema 2020-12 that workflow.schema.json uses. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly Json[];
  readonly default?: Json;
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  /**
   * Sections of the workflow that define the names which stand here: in a text, in the texts of a list, or as the keys of a
   * mapping. Ours, not JSON Schema's: the language server completes by it, and a test compares it with what resolving looks up.
   */
  readonly definedIn?: string | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

const schemaFile = new URL('../../../schema/workflow.schema.json', import.meta.url);

/** schema/workflow.schema.json as it stands: what `runflow schema` prints and editors read. */
export function schemaText(): string {
  return readFileSync(schemaFile, 'utf8');
}

const executorsFile = new URL('../../../schema/executors.schema.json', import.meta.url);

/** schema/executors.schema.json as it stands, for editors. */
export function executorsSchemaText(): string {
  return readFileSync(executorsFile, 'utf8');
}

/** The schema of the executors file, which has no references. */
export function executorsSchema(): Schema {
  return JSON.parse(executorsSchemaText()) as Schema;
}

let workflowSchema: Schema | undefined;

/**
 * The schema of a workflow in which every ${…} has been replaced: where the editor's schema allows a scalar or a
 * reference, this one allows the scalar only, so that a wrong value gives one clear error.
 */
export function schemaOfResolved(): Schema {
  workflowSchema ??= withoutReferences(JSON.parse(schemaText()) as Json) as Schema;
  return workflowSchema;
}

const reference = '#/$defs/reference';
/** The same where a text is one of a few words or a reference. */
const orReference = '|\\$\\{[^{}]+\\}';

function withoutReferences(node: Json): Json {
  if (Array.isArray(node)) return node.map(withoutReferences);
  if (typeof node !== 'object' || node === null) return node;
  const { anyOf, ...rest } = node as { readonly anyOf?: readonly { readonly $ref?: string }[] };
  if (anyOf?.some(({ $ref }) => $ref === reference)) {
    const [only, ...others] = anyOf.filter(({ $ref }) => $ref !== reference);
    if (only === undefined || others.length > 0) throw new Error('one alternative must stand beside a reference');
    return withoutReferences({ ...rest, ...only });
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'pattern' && typeof value === 'string' ? value.replace(orReference, '') : withoutReferences(value),
    ]),
  );
}

/** Follows `$ref`; what is written beside it wins over what it points to. */
export function dereference(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const target = schemaOfResolved().$defs?.[definitionName(schema)];
  if (target === undefined) throw new Error(`the schema has no ${$ref}`);
  return { ...dereference(target), ...beside };
}

/** The name in `$defs` that a `$ref` points to. */
function definitionName(schema: Schema): string {
  const name = schema.$ref?.match(/^#\/\$defs\/(\w+)$/)?.[1];
  if (name === undefined) throw new Error('references point to $defs, and alternatives of a oneOf are references');
  return name;
}

/** What tells the alternatives of a union apart: `kind: top-k`, or the presence of a key such as `hub`. */
export interface Alternative {
  readonly name: string;
  readonly key: string;
  /** The value of `key`, where the value decides. */
  readonly value: string | undefined;
}

/** The alternatives of a `oneOf`: by the constant of their first required key, or by its presence. */
export function alternativesOf(union: Schema): readonly Alternative[] {
  return (union.oneOf ?? []).map((branch) => {
    const { required, properties } = dereference(branch);
    const key = required?.[0];
    if (key === undefined) throw new Error('an alternative of a oneOf begins with a required key');
    const value = dereference(properties![key]!).const;
    return { name: definitionName(branch), key, value: value === undefined ? undefined : String(value) };
  });
}

/**
 * The alternatives that `value` may have been meant to be, going by its keys alone: it may still be wrong otherwise. Where the
 * deciding key is missing, it is the only alternative that knows all of the others.
 */
export function meantAlternatives(union: Schema, value: Json): readonly Alternative[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const alternatives = alternativesOf(union);
  const meant = alternatives.filter(({ key, value: expected }) => {
    if (!Object.hasOwn(value, key)) return false;
    return expected === undefined || (value as Record<string, Json>)[key] === expected;
  });
  const keys = Object.keys(value);
  if (meant.length > 0 || keys.length === 0 || alternatives.some((one) => one.value !== undefined)) return meant;
  const knowing = alternatives.filter(({ name }) => {
    const { properties = {} } = dereference({ $ref: `#/$defs/${name}` });
    return keys.every((key) => Object.hasOwn(properties, key));
  });
  return knowing.length === 1 ? knowing : [];
}

/** The schema that applies to `value`: references followed and, in a union, the alternative it was meant to be. */
export function applicableSchema(schema: Schema, value: Json): Schema | undefined {
  const own = dereference(schema);
  if (own.oneOf === undefined) return own;
  const [meant] = meantAlternatives(own, value);
  return meant && dereference({ $ref: `#/$defs/${meant.name}` });
}

/** The schema of the child `key` of a mapping or list; undefined where the schema allows none. */
export function childSchema(schema: Schema, value: Json, key: string): Schema | undefined {
  const own = applicableSchema(schema, value);
  if (own?.properties !== undefined && Object.hasOwn(own.properties, key)) return own.properties[key];
  if (typeof own?.additionalProperties === 'object') return own.additionalProperties;
  return /^\d+$/.test(key) ? own?.items : undefined;
}
