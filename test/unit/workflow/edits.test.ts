import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameJson } from '../../../src/formats/json.js';
import { toPlain } from '../../../src/workflow/document.js';
import { editLine, editsBetween, editText, without } from '../../../src/workflow/edits.js';
import { fieldsOf } from '../../../src/workflow/fields.js';
import type { WrittenWorkflow } from '../../../src/workflow/workflow.js';
import { writtenDocument } from '../../../src/workflow/written.js';

const file = resolve('w.yaml');
const written = (text: string, more: Partial<WrittenWorkflow> = {}, included = 'runflow: 1\n'): WrittenWorkflow => ({
  file,
  texts: [
    { file, text: `runflow: 1\ninclude: [lab.yaml]\n${text}` },
    { file: resolve('lab.yaml'), text: included },
  ],
  set: [],
  ...more,
});

async function documentOf(one: WrittenWorkflow) {
  const document = await writtenDocument(one);
  if (document === undefined) throw new Error('not readable');
  return document;
}

async function edits(before: WrittenWorkflow, after: WrittenWorkflow): Promise<string[]> {
  const [then, now] = [await documentOf(before), await documentOf(after)];
  const found = editsBetween(then, now);
  assert.ok(sameJson(toPlain(without(now, found)), toPlain(then)), 'taken back, all edits give the document before');
  return found.map((edit) => editLine(editText(edit, file)));
}

const recipes = 'recipes:\n  r:\n    lr: 1e-3\n    steps: 5\n';

test('a field is told with its values as they were written, its definition and its line', async () => {
  assert.equal(await edits(written(recipes), written(recipes.replace('1e-3', '3e-4'))), [
    'lr 1e-3 → 3e-4, recipes.r line 5',
  ]);
  assert.equal(await edits(written(recipes), written(recipes.replace('1e-3', '0.0010'))), []);
  assert.equal(await edits(written(recipes), written(`# more\n${recipes.replaceAll('  ', '    ')}`)), []);
});

test('what came or went is told: a field, a definition, a section', async () => {
  assert.equal(await edits(written(recipes), written(`${recipes}    clip: 2\n`)), [
    'clip not given → 2, recipes.r line 7',
  ]);
  assert.equal(await edits(written(`${recipes}    clip: 2\n`), written(recipes)), ['clip 2 → not given, recipes.r']);
  assert.equal(await edits(written(recipes), written(`${recipes}  s: { lr: 2 }\n`)), ['recipes.s added, line 7']);
  assert.equal(await edits(written(`${recipes}  s: { lr: 2 }\n`), written(recipes)), ['recipes.s removed']);
  assert.equal(await edits(written(recipes), written(`${recipes}report: { title: A b }\nseed: 4\n`)), [
    'title not given → A b, report line 7',
    'seed not given → 4, line 8',
  ]);
  assert.equal(await edits(written(`${recipes}params: { a: 1 }\n`), written(recipes)), ['a 1 → not given, params']);
});

test('a parameter is told where it is given, not everywhere it is referred to', async () => {
  const text = (lr: string) =>
    `params: { lr: ${lr} }\nrecipes: { r: { lr: "\${params.lr}" }, s: { lr: "\${params.lr}" } }\n`;
  assert.equal(await edits(written(text('1e-5')), written(text('3e-5'))), ['lr 1e-5 → 3e-5, params line 3']);
});

test('lists of values are told whole, lists of definitions by their items', async () => {
  const sweep = 'sweeps:\n  s:\n    fractions: [0.1, 0.50]\n';
  assert.equal(await edits(written(sweep), written(sweep.replace('0.1', '0.2'))), [
    'fractions [0.1, 0.50] → [0.2, 0.50], sweeps.s line 5',
  ]);
  const model = 'models:\n  m:\n    terms:\n      - { times: 0.5 }\n      - { times: 1 }\n';
  assert.equal(await edits(written(model), written(model.replace('times: 1', 'times: 2'))), [
    'terms[1].times 1 → 2, models.m line 7',
  ]);
});

test('the place is the file, or the option of the command line', async () => {
  const lab = (lr: string) => `runflow: 1\nrecipes:\n  r: { lr: ${lr} }\n`;
  assert.equal(await edits(written('', {}, lab('1e-3')), written('', {}, lab('2e-3'))), [
    'lr 1e-3 → 2e-3, recipes.r line 3 of lab.yaml',
  ]);
  assert.equal(await edits(written(recipes), written(recipes, { set: ['recipes.r.lr=5e-4'] })), [
    'lr 1e-3 → 5e-4, recipes.r by --set',
  ]);
  assert.equal(await edits(written(recipes), written(recipes, { semantics: 'reference' })), [
    'semantics not given → reference, by --semantics',
  ]);
});

test('long values are cut in their middle', async () => {
  const [line] = await edits(written('name: a\n'), written(`name: ${'x'.repeat(100)}y\n`));
  assert.match(line!, /^name a → x{42}…x{16}y, line 3$/);
});

test('a text that cannot be read any more gives no document', async () => {
  assert.is(await writtenDocument(written('a: [\n')), undefined);
  assert.is(await writtenDocument(written(recipes, { set: ['recipes.q.lr=1'] })), undefined);
});

test('fields are told by their paths, as they were written', async () => {
  assert.equal(
    [
      ...fieldsOf(
        await documentOf(written(`${recipes}models: { m: { terms: [{ times: 0x10 }, { times: 1.50 }] } }\n`)),
      ),
    ],
    [
      ['runflow', '1'],
      ['recipes.r.lr', '1e-3'],
      ['recipes.r.steps', '5'],
      ['models.m.terms[0].times', '0x10'],
      ['models.m.terms[1].times', '1.50'],
    ],
  );
});

test.run();
