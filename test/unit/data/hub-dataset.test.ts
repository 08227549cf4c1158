import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { fetchDataset } from '../../../src/data/hub-dataset.js';
import { DataError, EnvironmentError } from '../../../src/diagnostics/errors.js';
import { digestOf } from '../../../src/formats/digest.js';
import { runFetchDataset } from '../../../src/worker/steps/fetch-dataset.js';
import { MemoryContext } from '../steps/memory-context.js';
import { commit, failure, hubOf, hubSuite } from './hub-fixture.js';
import { refuse } from './hub-server.js';

const test = hubSuite('datasets of the hub');
const repo = 'lab/rows';
const offline = { HF_HUB_OFFLINE: '1' };
const train = { config: 'default', split: 'train' };

const served = {
  'default/train/0001.parquet': { bytes: Buffer.from('second part'), large: true },
  'default/train/0000.parquet': { bytes: Buffer.from('first part'), large: true },
  'default/train/index.duckdb': { bytes: Buffer.from('no rows') },
  'default/partial-big/0000.parquet': { bytes: Buffer.from('its beginning') },
  'socratic/test/0000.parquet': { bytes: Buffer.from('questions') },
  'round0/30k/train.jsonl': { bytes: Buffer.from('{"prompt":"a"}\n') },
  'round0/30k/test.jsonl': { bytes: Buffer.from('{"prompt":"b"}\n') },
  'README.md': { bytes: Buffer.from('# rows') },
};

test.before.each(({ server }) => {
  server.repositories.set(`datasets/${repo}`, { revisions: { main: commit }, files: served });
});

async function withHub<T>(environment: Record<string, string>, run: () => Promise<T>): Promise<T> {
  const saved = { ...process.env };
  Object.assign(process.env, environment);
  try {
    return await run();
  } finally {
    process.env = saved;
  }
}

test('a split is all its parquet files and nothing else, by name, with one listing', async (context) => {
  const updates: { done: number; total: number }[] = [];
  const files = await fetchDataset(hubOf(context), repo, commit, train, (update) => updates.push(update));
  const snapshot = join(context.folder, 'hub/datasets--lab--rows/snapshots', commit);
  assert.equal(files, [
    { name: 'default/train/0000.parquet', file: join(snapshot, 'default/train/0000.parquet'), bytes: 10 },
    { name: 'default/train/0001.parquet', file: join(snapshot, 'default/train/0001.parquet'), bytes: 11 },
  ]);
  assert.is(await readFile(files[1]!.file, 'utf8'), 'second part');
  assert.equal(updates.at(-1), { done: 21, total: 21 });
  assert.is(context.server.requests.filter((request) => request.includes('/tree/')).length, 1);
});

test('files are taken by name, in the order they are named, from any folder', async (context) => {
  const names = ['round0/30k/train.jsonl', 'README.md', 'round0/30k/test.jsonl'];
  const files = await fetchDataset(hubOf(context), repo, commit, { files: names });
  assert.equal(
    files.map(({ name }) => name),
    names,
  );
  assert.is(await readFile(files[2]!.file, 'utf8'), '{"prompt":"b"}\n');
  assert.is(context.server.requests.filter((request) => request.includes('/tree/')).length, 2);
});

test('what is asked for and not there is answered with what is', async (context) => {
  const cases = [
    [
      { config: 'main', split: 'train' },
      /lab\/rows has no configuration "main"/,
      /configurations are: default, round0, socratic\. Name one with `config`/,
    ],
    [
      { config: 'socratic', split: 'train' },
      /no split "train" in its configuration "socratic"/,
      /The splits are: test\.$/,
    ],
    [{ config: 'default', split: 'big' }, /no split "big"/, /partial-big, train\. .*`split: partial-big` takes it/],
    [{ config: 'round0', split: '30k' }, /round0\/30k holds no parquet files/, /round0\/30k\/test\.jsonl/],
    [
      { files: ['round0/30k/train.jsonl', 'round0/30k/trian.jsonl'] },
      /lab\/rows has no file "round0\/30k\/trian\.jsonl"/,
      /There is: round0\/30k\/test\.jsonl, round0\/30k\/train\.jsonl\./,
    ],
    [
      { files: ['data/x/train.jsonl'] },
      /no file "data\/x\/train\.jsonl"/,
      /README\.md, default\/, round0\/, socratic\//,
    ],
  ] as const;
  for (const [rows, message, hint] of cases) {
    const error = await failure(DataError, () => fetchDataset(hubOf(context), repo, commit, rows));
    assert.match(error.message, message);
    assert.match(error.hint!, hint);
  }
});

test('a dataset that was never converted, a gated one and one that is not there say what to do', async (context) => {
  const hub = hubOf(context);
  const at = (name: string, revision: string) => ({ kind: 'dataset', repo: name, revision }) as const;
  const unconverted = await failure(DataError, () => hub.commitOf(at(repo, 'refs/convert/parquet')));
  assert.match(unconverted.message, /lab\/rows has no revision refs\/convert\/parquet/);
  assert.match(unconverted.hint!, /name its own files with `files` instead of `split`/);
  const absent = await failure(DataError, () => hub.commitOf(at('lab/none', 'main')));
  assert.match(absent.message, /there is no dataset lab\/none on the hub/);
  const gone = await failure(DataError, () => fetchDataset(hub, repo, 'f'.repeat(40), train));
  assert.match(gone.hint!, /delete the entry there/);
  context.server.misbehave = (_, response) => refuse(response, 403);
  const gated = await failure(EnvironmentError, () => hub.commitOf(at(repo, 'main')));
  assert.match(gated.hint!, /\/datasets\/lab\/rows and set HF_TOKEN/);
});

test('offline, a split that was fetched is all there; one that never was is refused, not taken in part', async (context) => {
  const never = await failure(EnvironmentError, () => fetchDataset(hubOf(context, offline), repo, commit, train));
  assert.match(never.message, /lab\/rows@0123456789ab: default\/train\/ was never listed, and HF_HUB_OFFLINE is set/);
  const online = await fetchDataset(hubOf(context), repo, commit, train);
  context.server.requests.length = 0;
  assert.equal(await fetchDataset(hubOf(context, offline), repo, commit, train), online);
  await rm(online[1]!.file);
  await rm(join(context.folder, 'hub/datasets--lab--rows/blobs'), { recursive: true });
  const partly = await failure(EnvironmentError, () => fetchDataset(hubOf(context, offline), repo, commit, train));
  assert.match(partly.message, /default\/train\/0000\.parquet is not in the cache/);
  assert.match(partly.hint!, new RegExp(`hf download lab/rows --repo-type dataset --revision ${commit}`));
  assert.equal(context.server.requests, []);
});

test('a hub that cannot be reached is no hindrance to what was fetched before', async (context) => {
  const before = await fetchDataset(hubOf(context), repo, commit, train);
  context.server.misbehave = (_, response) => response.destroy();
  assert.equal(await fetchDataset(hubOf(context), repo, commit, train), before);
  await failure(EnvironmentError, () =>
    fetchDataset(hubOf(context), repo, commit, { config: 'socratic', split: 'test' }),
  );
});

test('offline, named files are taken from a cache that another tool filled', async (context) => {
  const cache = join(context.folder, 'hub/datasets--lab--rows');
  const content = '{"prompt":"foreign"}\n';
  const blob = digestOf(Buffer.from(content)).slice('sha256:'.length);
  await mkdir(join(cache, 'blobs'), { recursive: true });
  await writeFile(join(cache, 'blobs', blob), content);
  const link = join(cache, 'snapshots', commit, 'data/a.jsonl');
  await mkdir(dirname(link), { recursive: true });
  await symlink(join('../../../blobs', blob), link);
  const rows = { files: ['data/a.jsonl'] };
  const files = await fetchDataset(hubOf(context, offline), repo, commit, rows);
  assert.equal(files, [{ name: 'data/a.jsonl', file: link, bytes: content.length }]);
  const more = { files: ['data/a.jsonl', 'data/b.jsonl'] };
  const error = await failure(EnvironmentError, () => fetchDataset(hubOf(context, offline), repo, commit, more));
  assert.match(error.message, /data\/b\.jsonl is not in the cache/);
});

test('a damaged memory of a listing counts as none', async (context) => {
  await fetchDataset(hubOf(context), repo, commit, train);
  const memory = join(context.folder, 'hub/datasets--lab--rows/.runflow-listings', commit, 'default/train.json');
  for (const text of ['', '{}', '[{"path":"../../x","bytes":1,"checksum":"../../x"}]']) {
    await writeFile(memory, text);
    await failure(EnvironmentError, () => fetchDataset(hubOf(context, offline), repo, commit, train));
  }
  await fetchDataset(hubOf(context), repo, commit, train);
  assert.is((await fetchDataset(hubOf(context, offline), repo, commit, train)).length, 2);
});

test('the step references every file where it lies, under its path, with its digest', async (context) => {
  const step = new MemoryContext({ repo, commit, rows: train });
  await withHub({ HF_HOME: context.folder, HF_ENDPOINT: context.server.endpoint }, () => runFetchDataset(step));
  assert.equal(Object.keys(step.outputs), ['file/default/train/0000.parquet', 'file/default/train/0001.parquet']);
  const { digest, bytes, at } = step.outputs['file/default/train/0001.parquet']!;
  assert.is(digest, digestOf(Buffer.from('second part')));
  assert.equal([bytes, at!.offset, await readFile(at!.file, 'utf8')], [11, 0, 'second part']);
  assert.is(step.updates.at(-1)!.done, step.updates.at(-1)!.total);
});

test.run();
