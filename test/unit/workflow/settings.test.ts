// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadWorkflow } from '../../../src/workflow/load.js';
import { sweepOf } from '../../../src/workflow/sweeps/sweep.js';
import { load, problems, screen } from './loading.js';
import { memoryFiles } from './memory-files.js';

const texts = {
  'lab/main.yaml': `runflow: 1
name: study
include: [lab.yaml]
params: { rate: 1, label: "5" }
models: { a: { path: a }, b: { hub: o/b } }
updates: { u: { from: a, to: b } }
subspaces: { top: { kind: top-k, of: u } }
sweeps: { s: { project: u, onto: top, mode: parallel, fractions: [0.1, 0.2] } }
`,
  'lab/lab.yaml': 'runflow: 1\nseed: 3\n',
};
const set = (...settings: string[]) => load(texts, { set: settings });

test('a setting replaces a value, in lists too, and the last one wins', async () => {
  const { sweeps } = await set('sweeps.s.fractions=[0.5, 0.6]', 'sweeps.s.fractions.1=0.7', 'seed=1', 'seed=2');
  assert.equal(sweepOf('projected', sweeps.get('s')!)!.fractions, [0.5, 0.7]);
  assert.is((await set('seed=1', 'seed=2')).seed, 2);
});

test('a setting may add what the schema knows', async () => {
  assert.is((await set('report.title=A title: with a colon')).report.title, 'A title: with a colon');
  assert.is(sweepOf('projected', (await set('sweeps.s.side=left')).sweeps.get('s')!)!.side, 'left');
});

test('a whole definition is set as a mapping', async () => {
  const model = (await set('models.b={ path: /b }')).models.get('b')!;
  assert.is(model.kind === 'path' && model.path, '/b');
});

test('the schema decides the type: a text stays a text', async () => {
  assert.is((await set('name=1e5')).name, '1e5');
  assert.equal((await set('params.rate=1e-5', 'params.label="7"')).document.params, { rate: 0.00001, label: '7' });
});

test('a text arrives as it is written', async () => {
  const written = [
    ...['a, b', 'a: b', 'a = b', '#a', 'a #b', ' a ', '- a', '*a', '&a b', '!a b', '| a', '> a', '%a', '@a', '`a'],
    ...['a\nb', '"', "it's", 'a"b"', '2024-01-01', '1_000', '01:30', 'a]', '? a', '5 ', ' 5', '--- a', '\ta', 'ü'],
  ].filter((text) => text !== '"');
  for (const text of written) {
    assert.equal((await set(`params.label=${text}`)).document.params, { rate: 1, label: text }, JSON.stringify(text));
    assert.is((await set(`report.title=${text}`)).report.title, text);
  }
  for (const text of ['"quoted"', "'quoted'", '[a] b', '{', '']) {
    assert.is((await set(`report.title=${text}`)).report.title, text);
  }
});

test('a number keeps how it was written for the texts that it is part of', async () => {
  for (const text of ['1.10', '0500', '0x10', '1e5', '.5', 'true']) {
    const workflow = await load(
      { 'lab/main.yaml': 'runflow: 1\nparams: { ver: 1 }\nmodels: { m: { hub: "org/model-v${params.ver}" } }\n' },
      { set: [`params.ver=${text}`] },
    );
    const model = workflow.models.get('m')!;
    assert.is(model.kind === 'hub' && model.repo, `org/model-v${text}`);
  }
  assert.is((await set('seed=010')).seed, 10);
  assert.is((await set('params.rate=0x10', 'seed=${params.rate}')).seed, 16);
});

test('in a list, what the schema takes as a text is what was written', async () => {
  const texts = { 'lab/main.yaml': 'runflow: 1\ndatasets: { d: { path: d, files: [a.csv] } }\n' };
  const dataset = (await load(texts, { set: ['datasets.d.files=[0500, 1.10, "007", true]'] })).datasets.get('d')!;
  assert.equal(dataset.kind === 'path' && dataset.files, ['0500', '1.10', '007', 'true']);
});

test('a relative path is relative to where the command is typed', async () => {
  const model = (await set('models.a.path=x')).models.get('a')!;
  assert.is(model.kind === 'path' && model.path, resolve('x'));
});

test('a parameter that is set though nothing refers to it is told of', async () => {
  const warnings = async (...settings: string[]) => {
    const loaded = await loadWorkflow('lab/main.yaml', { set: settings }, memoryFiles(texts));
    assert.ok(loaded.ok);
    return loaded.ok
      ? loaded.warnings.map(({ message, range }) => `${range!.file}:${range!.start.column}: ${message}`)
      : [];
  };
  assert.equal(await warnings('params.rate=2'), ['--set:8: params.rate is set, and nothing refers to it']);
  assert.equal(await warnings('params.rate=2', 'seed=${params.rate}'), []);
  assert.equal(await warnings('seed=2'), []);
});

const refused: Readonly<Record<string, readonly [string, string]>> = {
  'a place that is unknown': ['sweeps.s.fraction=[1]', '1:10: there is no sweeps.s.fraction to set'],
  'a definition that does not exist': ['models.c.path=x', '1:8: there is no models.c to set'],
  'a parameter that does not exist': ['params.rat=1', '1:8: there is no params.rat to set'],
  'a section that is unknown': ['sweep.s.side=left', '1:1: there is no sweep to set'],
  'an item past the end': ['sweeps.s.fractions.2=1', '1:20: there is no sweeps.s.fractions.2 to set'],
  'a key of another form': ['models.b.path=x', '1:10: there is no models.b.path to set'],
  'something below a single value': ['seed.x=1', '1:6: there is no seed.x to set'],
  'a property of the language': ['models.toString.path=x', '1:8: there is no models.toString to set'],
  'no value': ['seed', '1:1: --set seed gives no value'],
  'no place': ['=1', '1:1: --set =1 gives no place for its value'],
  'an empty key': ['models..path=1', '1:1: --set models..path=1 gives no place for its value'],
  'the profile': ['profile=x', '1:1: profile cannot be set'],
  'the includes': ['include=[x]', '1:1: include cannot be set'],
  'the version': ['runflow=2', '1:1: runflow cannot be set'],
  'a value of the wrong type': ['seed=one', '1:6: seed must be a whole number, not "one"'],
  'nothing at all': ['params.label=', '1:1: params.label is set to nothing'],
  'nothing but spaces': ['params.label=  ', '1:1: params.label is set to nothing'],
  'a list with a comment behind it': [
    'sweeps.s.fractions=[0.1] # old',
    '1:26: what follows # would be left out as a comment',
  ],
  'a quoted text with more behind it': [`params.label="a" b`, '1:18: unexpected scalar at node end'],
  'a number that no double holds': ['params.rate=1e999', '1:13: 1e999 is too large a number'],
  'a value that is no YAML': ['sweeps.s.fractions=[1', '1:22: flow sequence must end with a ]'],
};
for (const [what, [setting, problem]] of Object.entries(refused)) {
  test(`refused: ${what}`, async () => assert.equal(await problems(texts, { set: [setting] }), [`--set:${problem}`]));
}

test('a key of another form than the definition has is answered with the whole', async () => {
  const hint = /there is no models.b.path[\s\S]*Set it whole: --set 'models.b=\{ path: … \}'/;
  assert.match(await screen(texts, { set: ['models.b.path=x'] }), hint);
  assert.match(await screen(texts, { set: ['models.b.pat=x'] }), /Known: hub, revision/);
});

test('the screen shows the setting with carets', async () => {
  assert.is(
    await screen(texts, { set: ['params.rat=1', 'seed=-1'] }),
    `--set:1:6: error: seed is -1; it must be at least 0
 1 | seed=-1
   |      ^^

--set:1:8: error: there is no params.rat to set
 1 | params.rat=1
   |        ^^^
  Did you mean "rate"?

2 errors
`,
  );
});

test.run();
