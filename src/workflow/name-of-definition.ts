import type { Json } from '../formats/json.js';
import type { Path } from './document.js';
import { childSchema, dereference, type Schema, schemaOfResolved } from './schema.js';

/** A place of a document that names a definition, and the sections that it may be of. */
export interface NameOfDefinition {
  readonly sections: readonly string[];
  /** Whether the name is the value at the path or, in a mapping by names such as `mix`, its last key. */
  readonly stands: 'value' | 'key';
}

/** What definition is named at `path` of a document, which may break the schema elsewhere; undefined where none is. */
export function nameOfDefinition(document: Json, path: Path): NameOfDefinition | undefined {
  let schema: Schema | undefined = schemaOfResolved();
  let value: Json | undefined = document;
  let found: NameOfDefinition | undefined;
  for (const key of path) {
    if (schema === undefined || value === undefined) return undefined;
    schema = childSchema(schema, value, key);
    if (schema === undefined) return undefined;
    const { definedIn } = dereference(schema);
    if (definedIn !== undefined) found = { sections: [definedIn].flat(), stands: 'value' };
    else if (found !== undefined && !Array.isArray(value)) found = { ...found, stands: 'key' };
    value = childOfValue(value, key);
  }
  return found;
}

function childOfValue(value: Json, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return value[Number(key)];
  return Object.hasOwn(value, key) ? (value as Record<string, Json>)[key] : undefined;
}
