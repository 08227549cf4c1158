import { alternativesOf, dereference, type Schema, schemaOfResolved } from './schema.js';

/** One thing that a workflow can say: a scalar, or a list that is given whole. */
export interface SchemaField {
  /**
   * Keys from the root; `*` stands for a name the user chooses, and of what has several forms the form is added:
   * `models.*(init).seed`, `subspaces.*(random-k).seeds`.
   */
  readonly path: string;
  readonly schema: Schema;
}

/** Every field of the language, in the order of the schema. `profiles.*` is one field: it repeats the sections. */
export function schemaFields(): readonly SchemaField[] {
  const fields: SchemaField[] = [];
  collect(schemaOfResolved(), '', fields);
  return fields;
}

function collect(written: Schema, path: string, fields: SchemaField[]): void {
  const schema = dereference(written);
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) {
    for (const { name, key, value } of alternatives) {
      collect({ $ref: `#/$defs/${name}` }, `${path}(${value ?? key})`, fields);
    }
    return;
  }
  const isWholeDocument = path.endsWith('*') && written.$ref === '#/$defs/sections';
  const inner = isWholeDocument ? [] : Object.entries(schema.properties ?? {});
  const named = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const isAlsoScalar = Array.isArray(schema.type) && schema.type.some((type) => type !== 'object');
  if ((inner.length === 0 && named === undefined) || isAlsoScalar) fields.push({ path, schema });
  for (const [key, property] of inner) collect(property, path === '' ? key : `${path}.${key}`, fields);
  if (named !== undefined) collect(named, `${path}.*`, fields);
}
