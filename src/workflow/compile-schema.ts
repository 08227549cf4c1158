/**
 * Part of `npm run build`: assembles schema/workflow.schema.json of its parts, writes schema/reference.md of it, and compiles it to dist/schema/validators.js, so
 * that reading a workflow does not load ajv. Exports `workflow`, `executors` and one validator for each alternative of each union (`hubModel`, …).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { assembleSchema, publishedSchema } from './assemble-schema.js';
import { languageReference, publishedReference } from './language-reference.js';
import { alternativesOf, executorsSchema, type Schema, schemaOfResolved, schemaText } from './schema.js';
import { validatorsFile } from './validators.js';

const assembled = assembleSchema();
if (schemaText() !== assembled) writeFileSync(publishedSchema, assembled);
writeFileSync(publishedReference, languageReference());

/** What only people read stays out of the compiled schema. */
const annotations = ['title', 'description', 'examples', 'default', 'definedIn'];
const schema = compiled(schemaOfResolved());
const executors = compiled(executorsSchema());

function compiled(whole: Schema): Schema & { readonly $id: string } {
  return JSON.parse(JSON.stringify(whole), (key, value: unknown) =>
    annotations.includes(key) && isAnnotation(value) ? undefined : value,
  ) as Schema & { readonly $id: string };
}

/** `title` may also be the name of a property, whose schema is a mapping. */
function isAnnotation(value: unknown): boolean {
  return typeof value !== 'object' || Array.isArray(value);
}

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  strictTypes: false,
  // One function a definition, and no messages: describe-violation.ts writes them.
  inlineRefs: false,
  messages: false,
  code: { source: true, esm: true },
});
ajv.addSchema(schema);
ajv.addSchema(executors);

const alternatives = Object.values(schemaOfResolved().$defs ?? {}).flatMap((definition) => alternativesOf(definition));
const code = standalone.default(ajv, {
  workflow: schema.$id,
  executors: executors.$id,
  ...Object.fromEntries(alternatives.map(({ name }) => [name, `${schema.$id}#/$defs/${name}`])),
});
// ajv writes `require` for its run-time pieces even into a module.
const importable = code.replace(
  /const (\w+) = require\("(ajv\/dist\/runtime\/\w+)"\)\.default;/g,
  'import $1Module from "$2.js"; const $1 = $1Module.default;',
);
if (importable.includes('require(')) throw new Error('the compiled schema holds a require that cannot be an import');
mkdirSync(new URL('.', validatorsFile), { recursive: true });
writeFileSync(validatorsFile, importable);
