import { readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { Json } from '../../../src/formats/json.js';
import { assembleSchema } from '../../../src/workflow/assemble-schema.js';
import { type Schema, schemaText } from '../../../src/workflow/schema.js';
import { schemaFields } from '../../../src/workflow/schema-fields.js';
import { shippedFiles } from './shipped-files.js';

const schemaFolder = new URL('../../../../schema/', import.meta.url);

test('the schema that editors read is what its parts make', () => {
  assert.is(schemaText(), assembleSchema());
  const kinds = readdirSync(new URL('kinds/', schemaFolder), { recursive: true, encoding: 'utf8' });
  const listed = readFileSync(new URL('workflow.json', schemaFolder), 'utf8');
  const files = kinds.filter((file) => file.endsWith('.json'));
  assert.ok(files.length > 20, `${files.length} kinds`);
  for (const file of files)
    assert.ok(listed.includes(`"kinds/${file.split(sep).join('/')}"`), `${file} is in no union`);
});

test('every field is described, and shows a value: an example, a default or what is allowed', () => {
  const fields = schemaFields();
  assert.ok(fields.length > 40, `${fields.length} fields`);
  for (const { path, schema } of fields) {
    assert.ok(schema.description || schema.const === 1, `${path} has no description`);
    const shows = schema.examples ?? schema.default ?? schema.enum ?? schema.const ?? schema.type;
    assert.ok(shows !== undefined, `${path} shows no value`);
  }
});

test('every definition has a title in words, each member of a union one of its own', () => {
  const { $defs = {} } = JSON.parse(schemaText()) as Schema;
  for (const [name, { title = '' }] of Object.entries($defs)) {
    assert.match(title, /^[a-z0-9]+([ -][a-z0-9]+)*(: [a-z0-9-]+)?$/, `title of ${name}`);
  }
  const unions = Object.values($defs).filter(({ oneOf }) => oneOf !== undefined);
  assert.ok(unions.length > 5, `${unions.length} unions`);
  for (const { title, oneOf = [] } of unions) {
    const titles = oneOf.map(({ $ref }) => $defs[$ref!.replace('#/$defs/', '')]!.title!);
    for (const of of titles) assert.ok(of.startsWith(`${title}: `), `${of} in ${title}`);
    assert.is(new Set(titles).size, titles.length, `titles in ${title}`);
  }
  assert.is($defs.pathModel!.title, 'model: path');
  assert.is($defs.topKSubspace!.title, 'subspace: top-k');
  assert.is($defs.workflowSeed!.title, 'workflow seed');
});

test('fields are told apart by their form', () => {
  const paths = schemaFields().map(({ path }) => path);
  for (const path of [
    'models.*(init).init.hidden',
    'models.*(hub).revision',
    'subspaces.*(random-k).seeds',
    'profiles.*',
  ]) {
    assert.ok(paths.includes(path), path);
  }
  assert.is(new Set(paths).size, paths.length);
});

test("examples in the schema are valid by the schema's own rules", () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false });
  ajv.addVocabulary(['definedIn']);
  const document = JSON.parse(schemaText()) as Schema & { $id: string };
  ajv.addSchema(document);
  let examples = 0;
  const visit = (node: unknown, pointer: string): void => {
    if (typeof node !== 'object' || node === null) return;
    if (!Array.isArray(node) && Array.isArray((node as Schema).examples)) {
      const validator = ajv.getSchema(`${document.$id}#${pointer}`)!;
      for (const example of (node as { examples: Json[] }).examples) {
        examples++;
        assert.ok(validator(example), `${pointer}: ${JSON.stringify(example)}: ${ajv.errorsText(validator.errors)}`);
      }
    }
    for (const [key, child] of Object.entries(node)) {
      if (key !== 'examples') visit(child, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  };
  visit(document, '');
  assert.ok(examples > 30, `${examples} examples`);
});

test('an editor that reads the schema finds nothing wrong in what is shipped, references included', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false });
  ajv.addVocabulary(['definedIn']);
  const validate = ajv.compile(JSON.parse(schemaText()) as object);
  for (const file of shippedFiles()) {
    assert.ok(
      validate(parse(readFileSync(file, 'utf8'), { merge: true })),
      `${file}: ${ajv.errorsText(validate.errors)}`,
    );
  }
  assert.ok(validate({ runflow: 1, seed: '${'.concat('params.seed}') }));
  assert.not(validate({ runflow: 1, seed: 'one' }));
});

test.run();
