// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pathFields } from '../../../src/workflow/paths.js';
import { schemaFields } from '../../../src/workflow/schema-fields.js';
import { load, problems, type Texts } from './loading.js';

/** The path of models.m; `path` as lab/main.yaml writes it, beside `more`. */
async function pathOf(path: string, more: { params?: string; texts?: Texts; set?: string[]; profile?: string } = {}) {
  const params = more.params === undefined ? '' : `params: ${more.params}\n`;
  const texts = {
    'lab/main.yaml': `runflow: 1\ninclude: [${Object.keys(more.texts ?? {})
      .filter((name) => name.startsWith('lab/sub/'))
      .map((name) => name.slice(4))}]\n${params}models: { m: { path: ${path} } }\n`,
    ...more.texts,
  };
  const workflow = await load(texts, { set: more.set ?? [], profile: more.profile });
  const model = workflow.models.get('m')!;
  const written = (workflow.document as { models: { m: { path: string } } }).models.m.path;
  if (model.kind !== 'path') throw new Error('not a path');
  assert.is(written, model.path, 'run.json shows the absolute path');
  return model.path;
}

test('a path is relative to the folder of the text that gives its beginning, whole or in part', async () => {
  const set = ['params.root=ck'];
  for (const [path, behind] of [
    ['"${params.root}"', ''],
    ['"${params.root}/base"', 'base'],
    ['"${params.root}/${params.model}"', 'base'],
    ['"${params.empty}${params.root}/base"', 'base'],
  ]) {
    const params = '{ root: here, model: base, empty: "" }';
    assert.is(await pathOf(path!, { params }), resolve('lab/here', behind!), path);
    assert.is(await pathOf(path!, { params, set }), resolve('ck', behind!), path);
  }
  assert.is(await pathOf('"./${params.root}"', { params: '{ root: here }', set }), resolve('lab/ck'));
});

test('a path keeps its folder through includes, profiles, chains, anchors and settings', async () => {
  const texts = {
    'lab/sub/lab.yaml': 'runflow: 1\nparams: { root: &root ck, again: *root, chain: "${params.root}/x" }\n',
    'lab/profiles/toy.yaml': 'runflow: 1\nparams: { root: of-profile }\n',
  };
  assert.is(await pathOf('"${params.root}/base"', { texts }), resolve('lab/sub/ck/base'));
  assert.is(await pathOf('"${params.again}/base"', { texts }), resolve('lab/sub/ck/base'));
  assert.is(await pathOf('"${params.chain}/base"', { texts }), resolve('lab/sub/ck/x/base'));
  assert.is(await pathOf('"${params.chain}"', { texts, profile: 'toy' }), resolve('lab/profiles/of-profile/x'));
  assert.is(await pathOf('"${params.chain}"', { texts, set: ['params.root=ck'] }), resolve('ck/x'));
  assert.is(
    await pathOf('"${params.chain}"', { texts, set: ['params.chain=${params.root}/y'] }),
    resolve('lab/sub/ck/y'),
  );
  assert.is(await pathOf('x', { texts, set: ['models.m.path=${params.root}/y'] }), resolve('lab/sub/ck/y'));
  assert.is(await pathOf('x', { texts, set: ['models.m.path=${params.root}/y', 'params.root=z'] }), resolve('z/y'));
});

test('~/ at the beginning is the home folder, from wherever it came; elsewhere it is a name', async () => {
  for (const [path, expected] of [
    ['~/ck', join(homedir(), 'ck')],
    ['"~"', homedir()],
    ['"${params.home}/base"', join(homedir(), 'ck/base')],
    ['"${params.home}"', join(homedir(), 'ck')],
    ['"${params.tilde}/ck"', join(homedir(), 'ck')],
    ['./~/ck', resolve('lab/~/ck')],
    ['~ck', resolve('lab/~ck')],
    ['a~/ck', resolve('lab/a~/ck')],
  ]) {
    assert.is(await pathOf(path!, { params: '{ home: ~/ck, tilde: "~" }' }), expected, path);
  }
  assert.is(await pathOf('x', { set: ['models.m.path=~/ck'] }), join(homedir(), 'ck'));
  const workflow = await load({ 'lab/main.yaml': 'runflow: 1\nname: home\nreport: { title: ~/ck }\n' });
  assert.is(workflow.report.title, '~/ck');
});

test('an absolute path stands as it is, and is refused behind another', async () => {
  assert.is(await pathOf('"${params.root}/base"', { params: '{ root: /data }' }), '/data/base');
  assert.is(
    await pathOf('"${params.root}${params.sub}"', { params: '{ root: data, sub: /base }' }),
    resolve('lab/data/base'),
  );
  for (const path of [
    '"x/${params.root}"',
    '"${params.rel}/${params.root}/y"',
    '"${params.rel}/${params.home}"',
    '"${params.joined}/x"',
  ]) {
    const found = await problems({
      'lab/main.yaml': `runflow: 1\nparams: { root: /data, rel: x, home: ~/data, joined: "x/\${params.root}" }\nmodels: { m: { path: ${path} } }\n`,
    });
    assert.is(found.length, 1);
    assert.match(found[0]!, /lab\/main.yaml:3:22: the path .* holds another that does not begin where it stands: [/~]/);
  }
});

test('a path of a dataset is a path like any other', async () => {
  const texts = { 'lab/main.yaml': 'runflow: 1\nparams: { d: x }\ndatasets: { d: { path: "${params.d}/a.csv" } }\n' };
  const pathIn = async (set: string[]) => {
    const dataset = (await load(texts, { set })).datasets.get('d')!;
    return dataset.kind === 'path' && dataset.path;
  };
  assert.is(await pathIn([]), resolve('lab/x/a.csv'));
  assert.is(await pathIn(['params.d=y']), resolve('y/a.csv'));
  assert.is(await pathIn(['params.d=~/y']), join(homedir(), 'y/a.csv'));
});

test('every field of the schema that is called path is known to be one', () => {
  const named = schemaFields().flatMap(({ path }) => (path.endsWith('.path') ? [path.replace(/\(.*?\)/g, '')] : []));
  assert.equal(
    named,
    pathFields.map((field) => field.join('.')),
  );
});

test.run();
