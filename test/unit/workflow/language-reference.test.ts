import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { languageReference, publishedReference } from '../../../src/workflow/language-reference.js';
import { schemaFields } from '../../../src/workflow/schema-fields.js';
import { schemaTypeText } from '../../../src/workflow/schema-type-text.js';

const test = suite('language reference');

test('schema/reference.md is what the schema says now', () => {
  assert.is(readFileSync(publishedReference, 'utf8'), languageReference());
});

test('every field of the schema has a line', () => {
  const text = languageReference();
  const written = new Set([...text.matchAll(/^\| `([^`]+)` \|/gm)].flatMap(([, path]) => path!.split('.')));
  const headings = new Set([...text.matchAll(/^#+ (?:[\w ]+: )?(.+)$/gm)].map(([, heading]) => heading!));
  const keys = schemaFields().flatMap(({ path }) => path.replaceAll(/\([^)]*\)/g, '').split('.'));
  const missing = keys.filter((key) => key !== '*' && !written.has(key) && !headings.has(key));
  assert.equal([...new Set(missing)], []);
});

test('every kind of every union has a heading', () => {
  const text = languageReference();
  const kinds = schemaFields().flatMap(({ path }) => [...path.matchAll(/\(([^)]*)\)/g)].map(([, kind]) => kind!));
  const missing = [...new Set(kinds)].filter((kind) => !text.includes(`: ${kind}\n`));
  assert.equal(missing, []);
});

test('every link leads to a heading', () => {
  const text = languageReference();
  const anchors = new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase().replaceAll(' ', '-')),
  );
  const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
  assert.ok(links.length > 10);
  assert.equal(
    links.filter((link) => !anchors.has(link)),
    [],
  );
});

test('every line of a table has five cells', () => {
  const rows = languageReference()
    .split('\n')
    .filter((line) => line.startsWith('|'));
  assert.equal(
    rows.filter((row) => row.split(/(?<!\\)\|/).length !== 7),
    [],
  );
});

test('values are told in words', () => {
  assert.is(schemaTypeText({ type: 'integer', minimum: 1, maximum: 1e9 }), 'whole number from 1');
  assert.is(schemaTypeText({ type: 'number', exclusiveMinimum: 0, maximum: 1 }), 'number above 0, at most 1');
  assert.is(schemaTypeText({ type: 'number', minimum: 0, exclusiveMaximum: 1 }), 'number from 0, below 1');
  assert.is(schemaTypeText({ type: 'array', items: { enum: ['a', 'b'] } }), 'list of: `a`, `b`');
  assert.is(schemaTypeText({ type: ['string', 'object'], pattern: '^(chat|raw)$' }), '`chat`, `raw`, or mapping');
});

test.run();
