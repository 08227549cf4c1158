// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems, screen } from './loading.js';

const main = (rest: string) => `runflow: 1\n${rest}`;

test('included files are laid over one another in their order, each below the file that includes it', async () => {
  const workflow = await load({
    'lab/main.yaml': main('include: [one.yaml, sub/two.yaml]\nparams: { c: main }'),
    'lab/one.yaml': main('params: { a: one, b: one, c: one }'),
    'lab/sub/two.yaml': main('include: [../three.yaml]\nparams: { b: two, c: two }'),
    'lab/three.yaml': main('params: { a: three, b: three }'),
  });
  assert.equal(workflow.document.params, { a: 'three', b: 'two', c: 'main' });
});

test('a definition is replaced whole, never mixed with the one below', async () => {
  const workflow = await load({
    'lab/main.yaml': main('include: [one.yaml]\nmodels: { m: { hub: o/m } }'),
    'lab/one.yaml': main('models: { m: { path: m }, n: { path: n } }'),
  });
  assert.is(workflow.models.get('m')!.kind, 'hub');
  assert.is(workflow.models.get('n')!.kind, 'path');
});

test('a file may be included twice, but not by itself', async () => {
  await load({
    'lab/main.yaml': main('include: [one.yaml, two.yaml]'),
    'lab/one.yaml': main('include: [two.yaml]'),
    'lab/two.yaml': main('seed: 1'),
  });
  assert.equal(
    await problems({
      'lab/main.yaml': main('include: [one.yaml]'),
      'lab/one.yaml': main('include: [main.yaml]'),
    }),
    ['lab/one.yaml:2:11: a file includes itself: main.yaml → one.yaml → main.yaml'],
  );
});

test('a file includes only what lies in the folder of the workflow, links followed', async () => {
  const outside = { 'other.yaml': main('seed: 1'), 'lab/sub/one.yaml': main('include: [../../other.yaml]') };
  const include = (name: string) => problems({ ...outside, 'lab/main.yaml': main(`include: [${name}]`) });
  assert.equal(await include('../other.yaml'), ["lab/main.yaml:2:11: ../other.yaml is outside the workflow's folder"]);
  assert.equal(await include('sub/one.yaml'), [
    "lab/sub/one.yaml:2:11: ../../other.yaml is outside the workflow's folder",
  ]);
  assert.match((await include(resolve('lab/sub/one.yaml')))[0]!, /outside the workflow's folder/);
  assert.match((await include('.'))[0]!, /outside the workflow's folder/);
  assert.equal(
    await problems(
      { ...outside, 'lab/main.yaml': main('include: [link.yaml]') },
      {},
      { 'lab/link.yaml': resolve('other.yaml') },
    ),
    ["lab/main.yaml:2:11: link.yaml is outside the workflow's folder"],
  );
});

test('every problem of what is put together has its place', async () => {
  const cases: readonly [string, string][] = [
    ['include: lab.yaml', '2:10: include must be a list of files'],
    ['include: [5]', '2:11: include must be a list of files'],
    ['include: [nothing.yaml]', '2:11: cannot read lab/nothing.yaml: no such file'],
    ['profile: 5', '2:10: profile must be the name of a profile'],
    ['profile: nothing', '2:10: there is no profile "nothing"'],
    ['profile: a\nprofiles: { a: 5 }', '3:16: profiles.a must be a mapping of sections'],
  ];
  for (const [rest, problem] of cases) {
    assert.equal(await problems({ 'lab/main.yaml': main(rest) }), [`lab/main.yaml:${problem}`]);
  }
});

test('every file states the version of the language', async () => {
  assert.equal(
    await problems({
      'lab/main.yaml': 'runflow: 2\ninclude: [one.yaml, two.yaml]',
      'lab/one.yaml': 'seed: 1',
      'lab/two.yaml': main('seed: 1'),
    }),
    [
      'lab/main.yaml:1:10: this runflow reads version 1 of the language only',
      'lab/one.yaml:1:1: the file lacks "runflow"',
    ],
  );
});

test('an unknown profile names those there are', async () => {
  const texts = {
    'lab/main.yaml': main('profiles: { tiny: { seed: 1 } }'),
    'lab/profiles/toy.yaml': main('seed: 2'),
    'lab/profiles/notes.txt': '',
  };
  assert.is((await load(texts, { profile: 'toy' })).seed, 2);
  assert.is((await load(texts)).seed, 0);
  assert.is(
    await screen(texts, { profile: 'large' }),
    `--profile:1:1: error: there is no profile "large"
 1 | large
   | ^^^^^
  Known: tiny, toy.
`,
  );
  assert.match(await screen(texts, { profile: '../../etc/passwd' }), /there is no profile/);
});

test('a text that is no UTF-8, or too large, is refused without being shown', async () => {
  assert.equal(await problems({ 'lab/main.yaml': new Uint8Array([0xff, 0xfe, 0]) }), [
    'lab/main.yaml:1:1: the file is not UTF-8 text',
  ]);
  const sixteen = new Uint8Array(Buffer.from(main('seed: 1'), 'utf16le'));
  assert.equal(await problems({ 'lab/main.yaml': sixteen }), ['lab/main.yaml:1:1: the file is not UTF-8 text']);
  // Wherever a character of two bytes is cut.
  for (const large of [`# ${'x'.repeat(70_000)}`, `# ${'é'.repeat(40_000)}`, `#  ${'é'.repeat(40_000)}`]) {
    assert.equal(await problems({ 'lab/main.yaml': main(large) }), [
      'lab/main.yaml:1:1: the file is larger than 64 KB',
    ]);
  }
});

test('a workflow that is not there is one line', async () => {
  assert.is(await screen({}), 'error: cannot read lab/main.yaml: no such file\n');
});

test('includes are followed for 50 files and no further', async () => {
  const chain = (length: number) =>
    Object.fromEntries([
      ['lab/main.yaml', main('include: [f1.yaml]')],
      ...Array.from({ length }, (_, index) => [`lab/f${index + 1}.yaml`, main(`include: [f${index + 2}.yaml]`)]),
      [`lab/f${length + 1}.yaml`, main('seed: 1')],
    ]);
  assert.is((await load(chain(48))).files.length, 50);
  assert.match((await problems(chain(49)))[0]!, /more than 50 files/);
});

test('a profile lies in the folder of the workflow, its links followed', async () => {
  const texts = {
    'lab/main.yaml': main('seed: 1'),
    'lab/profiles/toy.yaml': main('seed: 2'),
    'other.yaml': main('seed: 3'),
  };
  assert.equal(await problems(texts, { profile: 'toy' }, { 'lab/profiles/toy.yaml': resolve('other.yaml') }), [
    "--profile:1:1: lab/profiles/toy.yaml leads outside the workflow's folder",
  ]);
  const inside = { ...texts, 'lab/real.yaml': main('seed: 4') };
  assert.is((await load(inside, { profile: 'toy' }, { 'lab/profiles/toy.yaml': resolve('lab/real.yaml') })).seed, 4);
  for (const profile of ['..', '../main', './toy', 'toy.yaml', 'toy/']) {
    assert.match((await problems(texts, { profile })).join(), /there is no profile/);
  }
});

test('an include is a name, not a reference', async () => {
  const text = await screen({ 'lab/main.yaml': main('params: { a: x }\ninclude: ["${params.a}.yaml"]') });
  assert.match(text, /no such file[\s\S]*Files are included before any reference is resolved/);
});

test('a file with another ending or a name that looks the same is named', async () => {
  const texts = {
    'lab/main.yaml': main('include: [lib.yml]'),
    'lab/lib.yaml': main('seed: 1'),
    'lab/profiles/toy.yml': main('seed: 2'),
    'lab/profiles/mode\u0300le.yaml': main('seed: 2'),
  };
  assert.match(await screen(texts), /cannot read lab\/lib.yml: no such file[\s\S]*Did you mean "lab\/lib.yaml"\?/);
  const found = { ...texts, 'lab/main.yaml': main('seed: 1') };
  assert.match(await screen(found, { profile: 'toy' }), /Rename lab\/profiles\/toy.yml to toy.yaml/);
  const real = { ...found, 'lab/profiles/real.yaml': main('seed: 2') };
  for (const asked of ['real.yaml', 'real.yml', 'profiles/real']) {
    assert.match(await screen(real, { profile: asked }), /Did you mean "real"\?/, asked);
  }
  assert.match(await screen(found, { profile: 'mod\u00e8le' }), /Did you mean "mode\u0300le"\? .* U\+00E8, .* U\+0300/);
  assert.match(await screen({ 'lab/main.yml': main('seed: 1') }), /Did you mean "lab\/main.yml"\?/);
});

test.run();
