import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { dereference } from '../../../src/workflow/schema.js';
import { schemaFields } from '../../../src/workflow/schema-fields.js';
import { exampleOf } from '../../../src/workflow/value-text.js';

test('every example that a hint shows can be copied into a workflow: YAML reads it as the value it is', () => {
  let shown = 0;
  for (const { path, schema: field } of schemaFields()) {
    const schema = dereference(field);
    const hint = exampleOf('key', schema);
    if (hint === undefined) continue;
    shown++;
    const text = hint.replace(/^For example: /, '');
    const meant = schema.examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0];
    assert.equal(parse(text), { key: meant }, `${path}: ${text}`);
    assert.equal(parse(`{ ${text} }`), { key: meant }, `${path}: { ${text} }`);
  }
  assert.ok(shown > 100, `${shown} examples`);
});

for (const text of [
  '*.bias',
  'a: b',
  'a #b',
  '',
  '_orig_mod.',
  '0.5',
  '1e5',
  '.5',
  '-1',
  'true',
  'No',
  '~',
  'null',
  '.nan',
  'a, b',
  '{a}',
]) {
  test(`the text ${JSON.stringify(text)} is shown as a text`, () => {
    const hint = exampleOf('key', { examples: [[text, { inner: text }]] })!;
    assert.equal(parse(hint.replace(/^For example: /, '')), { key: [text, { inner: text }] });
  });
}

test('plain words need no quotes', () => {
  assert.is(exampleOf('key', { examples: ['model.layers.*'] }), 'For example: key: "model.layers.*"');
  assert.is(exampleOf('key', { examples: ['../data/a b.jsonl'] }), 'For example: key: ../data/a b.jsonl');
});

test.run();
