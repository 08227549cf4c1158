import { readdir, readFile, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { pinHubRevisions } from '../../../src/data/hub-lock.js';
import { fetchModel } from '../../../src/data/hub-model.js';
import { hubSettings } from '../../../src/data/hub-settings.js';
import { DataError, EnvironmentError } from '../../../src/diagnostics/errors.js';
import { openCheckpoint } from '../../../src/formats/checkpoint.js';
import { digestOf } from '../../../src/formats/digest.js';
import { runFetch } from '../../../src/worker/steps/fetch.js';
import { MemoryContext } from '../steps/memory-context.js';
import {
  commit,
  everythingIn,
  failure,
  files,
  hubOf,
  hubSuite,
  neededFiles,
  repo,
  shardNames,
  token,
} from './hub-fixture.js';
import { HubServer, json } from './hub-server.js';

const test = hubSuite('hub');

test('only the files a model needs are fetched, into the standard cache layout', async (context) => {
  const { folder, server } = context;
  const updates: { done: number; total: number }[] = [];
  const snapshot = await fetchModel(hubOf(context), repo, commit, (update) => updates.push(update));
  assert.is(snapshot, join(folder, 'hub', 'models--lab--tiny', 'snapshots', commit));
  assert.equal((await readdir(snapshot)).sort(), [...neededFiles].sort());
  for (const name of neededFiles) {
    assert.equal(await readFile(join(snapshot, name)), files[name]!.bytes);
    const blob = files[name]!.large ? digestOf(files[name]!.bytes).slice('sha256:'.length) : /^[0-9a-f]{40}$/;
    assert.match(
      await readlink(join(snapshot, name)),
      typeof blob === 'string' ? `../../blobs/${blob}` : /\/blobs\/[0-9a-f]{40}$/,
    );
  }
  assert.is((await openCheckpoint(snapshot)).tensors.size, 3);
  const total = neededFiles.reduce((sum, name) => sum + files[name]!.bytes.length, 0);
  assert.equal(updates.at(-1), { done: total, total });
  assert.ok(updates.every(({ done }, i) => i === 0 || done >= updates[i - 1]!.done));
  assert.not.ok(server.requests.some((request) => /\.bin|gguf|README/.test(request)));
  assert.not.ok((await everythingIn(folder)).includes('incomplete'));
});

test('what is in the cache is not downloaded again, and offline there is no request at all', async (context) => {
  await fetchModel(hubOf(context), repo, commit);
  context.server.requests.length = 0;
  await fetchModel(hubOf(context), repo, commit);
  assert.equal(context.server.requests, [`/api/models/${repo}/tree/${commit}`]);
  context.server.requests.length = 0;
  const snapshot = await fetchModel(hubOf(context, { HF_HUB_OFFLINE: '1' }), repo, commit);
  assert.is((await openCheckpoint(snapshot)).tensors.size, 3);
  assert.equal(context.server.requests, []);
});

test('a model that is quantised, or is there twice, is refused before its weights are fetched', async (context) => {
  const serve = (changed: Readonly<Record<string, string>>) => {
    const texts = Object.entries(changed).map(([name, text]) => [name, { bytes: Buffer.from(text) }]);
    const revisions = { main: commit };
    context.server.repositories.set(repo, { revisions, files: { ...files, ...Object.fromEntries(texts) } });
  };
  serve({ 'config.json': '{"quantization_config":{"quant_method":"fp8"}}' });
  const quantised = await failure(DataError, () => fetchModel(hubOf(context), repo, commit));
  assert.match(quantised.message, /lab\/tiny\/config\.json: quantization_config \("fp8"\)/);
  await rm(context.folder, { recursive: true });
  serve({ 'model.safetensors': 'other weights' });
  const twice = await failure(DataError, () => fetchModel(hubOf(context), repo, commit));
  assert.match(twice.message, /lab\/tiny: it holds two checkpoints/);
  assert.not.ok(
    context.server.requests.some((request) => request.includes('.safetensors') && !request.includes('index')),
  );
});

test('offline and absent, the error names repository, commit, cache and what to do', async (context) => {
  const offline = hubOf(context, { HF_HUB_OFFLINE: 'true' });
  const error = await failure(EnvironmentError, () => fetchModel(offline, repo, commit));
  assert.match(
    error.message,
    /lab\/tiny@0123456789ab is not in the cache .*hub, or damaged, and HF_HUB_OFFLINE is set/,
  );
  assert.match(error.hint!, new RegExp(`hf download lab/tiny --revision ${commit}`));
  const snapshot = await fetchModel(hubOf(context), repo, commit);
  await rm(join(snapshot, shardNames[1]));
  assert.match(
    (await failure(EnvironmentError, () => fetchModel(offline, repo, commit))).message,
    /model-00002-of-00002\.safetensors is not in the cache/,
  );
  assert.equal(
    context.server.requests.filter((request) => request.includes('HEAD')),
    [],
  );
});

test('a hub that cannot be reached does not matter when the cache is whole', async (context) => {
  const hub = hubOf(context);
  await fetchModel(hub, repo, commit);
  await context.server.stop();
  await fetchModel(hub, repo, commit);
  const error = await failure(EnvironmentError, () => fetchModel(hub, 'lab/other', commit));
  assert.match(error.message, /cannot be reached: ECONNREFUSED/);
  assert.match(error.hint!, /HF_HUB_OFFLINE=1/);
  context.server = await HubServer.start();
});

test('a damaged blob is noticed and replaced, or named when offline', async (context) => {
  const snapshot = await fetchModel(hubOf(context), repo, commit);
  const shard = join(snapshot, shardNames[0]);
  const bytes = await readFile(shard);
  bytes[1000] = bytes[1000]! ^ 1;
  await writeFile(shard, bytes);
  const error = await failure(EnvironmentError, () =>
    fetchModel(hubOf(context, { HF_HUB_OFFLINE: '1' }), repo, commit),
  );
  assert.match(error.message, /model-00001-of-00002\.safetensors is not in the cache .*, or damaged/);
  await fetchModel(hubOf(context), repo, commit);
  assert.equal(await readFile(shard), files[shardNames[0]]!.bytes);
});

test('the token goes to the hub only, and into no file or message', async (context) => {
  const { server, folder } = context;
  server.token = token;
  const printed: unknown[] = [];
  const original = { ...console };
  for (const method of ['log', 'debug', 'info', 'warn', 'error'] as const)
    console[method] = (...args) => void printed.push(args);
  try {
    await fetchModel(hubOf(context, { HF_TOKEN: ` ${token}\n` }), repo, commit);
    await pinHubRevisions(
      [{ kind: 'model', repo, revision: 'main' }],
      join(folder, 'w.lock.json'),
      hubOf(context, { HF_TOKEN: token }),
    );
  } finally {
    Object.assign(console, original);
  }
  assert.equal(printed, []);
  assert.ok(server.authorizations.some(({ cdn }) => cdn));
  for (const { cdn, value } of server.authorizations) assert.is(value, cdn ? undefined : `Bearer ${token}`);
  assert.not.ok((await everythingIn(folder)).includes(token));
  const error = await failure(EnvironmentError, () =>
    fetchModel(hubOf(context, { HF_TOKEN: 'hf_wrong' }), repo, commit),
  );
  assert.match(error.hint!, /token is not valid/);
  for (const odd of ['hf_odd\nx: y', 'hf_odd y', 'hf_oddключ']) {
    const { message } = await failure(EnvironmentError, () =>
      fetchModel(hubOf(context, { HF_TOKEN: odd }), repo, commit),
    );
    assert.match(message, /the token of the hub holds a line break, a space/);
    assert.not.match(message, /hf_odd/);
  }
});

test('an index or a listing that points out of the repository is refused', async (context) => {
  const { server, folder } = context;
  const evil = { bytes: Buffer.from(JSON.stringify({ weight_map: { a: '../../../elsewhere.safetensors' } })) };
  server.repositories.set(repo, { revisions: { main: commit }, files: { 'model.safetensors.index.json': evil } });
  assert.match(
    (await failure(DataError, () => fetchModel(hubOf(context), repo, commit))).message,
    /not a plain \.safetensors name/,
  );
  const names = {
    '../../../../evil.safetensors': files[shardNames[1]]!,
    '/etc/evil.safetensors': files[shardNames[1]]!,
  };
  server.repositories.set(repo, { revisions: { main: commit }, files: names });
  server.misbehave = (request, response) => {
    if (!request.url!.includes('tree')) return false;
    const entry = { type: 'file', size: 5, oid: 'a'.repeat(40) };
    json(
      response,
      ['../../evil.safetensors', '/evil.safetensors', 'a\\..\\evil.safetensors'].map((path) => ({ ...entry, path })),
    );
    return undefined;
  };
  await failure(DataError, () => fetchModel(hubOf(context), repo, commit));
  assert.not.ok((await everythingIn(folder)).includes('evil.safetensors'));
  server.misbehave = (request, response) => {
    if (!request.url!.includes('tree')) return false;
    json(response, [{ type: 'file', size: 5, path: 'model.safetensors', oid: '../../../../evil' }]);
    return undefined;
  };
  await failure(EnvironmentError, () => fetchModel(hubOf(context), repo, commit));
});

test('an index that names a shard the repository lacks is an error of the repository', async (context) => {
  const { [shardNames[1]]: _, ...rest } = files;
  context.server.repositories.set(repo, { revisions: { main: commit }, files: rest });
  const error = await failure(DataError, () => fetchModel(hubOf(context), repo, commit));
  assert.match(
    error.message,
    /its weight index names model-00002-of-00002\.safetensors, which is not in the repository/,
  );
});

test('a repository without safetensors says what it has', async (context) => {
  const { 'config.json': config, 'pytorch_model.bin': bin } = files;
  context.server.repositories.set(repo, {
    revisions: { main: commit },
    files: { 'config.json': config!, 'pytorch_model.bin': bin! },
  });
  const error = await failure(DataError, () => fetchModel(hubOf(context), repo, commit));
  assert.match(error.message, /lab\/tiny@0123456789ab: no safetensors weights/);
  assert.match(error.hint!, /PyTorch pickles only/);
});

test('a dataset has its own addresses and cache folder', async (context) => {
  const { server, folder } = context;
  const dataset = {
    revisions: { main: commit },
    files: { 'main/train.parquet': { bytes: Buffer.from('PAR1'), large: true } },
  };
  server.repositories.set('datasets/lab/rows', dataset);
  const hub = hubOf(context);
  const repository = { kind: 'dataset', repo: 'lab/rows' } as const;
  assert.is(await hub.commitOf({ ...repository, revision: 'main' }), commit);
  const listed = (await hub.list(repository, commit, 'main')).files;
  const [path] = await hub.fetch(repository, commit, listed);
  assert.is(path, join(folder, 'hub', 'datasets--lab--rows', 'snapshots', commit, 'main', 'train.parquet'));
  assert.is(await readFile(path!, 'utf8'), 'PAR1');
});

test('names that could leave the cache or the address are refused', async (context) => {
  for (const name of ['../x', 'a/b/c', 'a/..', '/a', 'a b', 'a/b?x', 'a--b/c', '', 'a\n/b', 'a/b#']) {
    await failure(DataError, () => hubOf(context).commitOf({ kind: 'model', repo: name, revision: 'main' }));
  }
  for (const revision of ['../main', '', '/x', 'a//b', 'x?y', '-x', 'a/', 'a\0']) {
    await failure(DataError, () => hubOf(context).commitOf({ kind: 'model', repo, revision }));
  }
  assert.equal(context.server.requests, []);
});

test('settings follow the variables of huggingface_hub', async ({ folder }) => {
  const home = (environment: Record<string, string>) => hubSettings({ HF_TOKEN: 'hf_x', ...environment });
  assert.is(home({ HF_HOME: '/h' }).cacheFolder, '/h/hub');
  assert.is(home({ HF_HOME: '/h', HF_HUB_CACHE: '/c' }).cacheFolder, '/c');
  assert.is(home({ XDG_CACHE_HOME: '/x' }).cacheFolder, '/x/huggingface/hub');
  assert.is(home({}).endpoint, 'https://huggingface.co');
  assert.is(home({ HF_ENDPOINT: 'https://mirror.example/hf/' }).endpoint, 'https://mirror.example/hf');
  for (const value of ['1', 'ON', 'yes', 'True']) assert.is(home({ HF_HUB_OFFLINE: value }).offline, true);
  for (const value of ['0', '', 'no']) assert.is(home({ HF_HUB_OFFLINE: value }).offline, false);
  await writeFile(join(folder, 'token'), 'hf_saved\n');
  assert.is(hubSettings({ HF_HOME: folder }).token, 'hf_saved');
  for (const endpoint of ['ftp://x', 'x', `https://user:${token}@host`]) {
    const error = await failure(EnvironmentError, async () => home({ HF_ENDPOINT: endpoint }));
    assert.not.match(error.message, token);
  }
});

test('the fetch step references every tensor where it lies, with its digest', async (context) => {
  const saved = { ...process.env };
  Object.assign(process.env, { HF_HOME: context.folder, HF_ENDPOINT: context.server.endpoint });
  try {
    const step = new MemoryContext({ repo, commit });
    await runFetch(step);
    assert.equal(Object.keys(step.outputs), [
      'tensor/a',
      'tensor/b',
      'tensor/c',
      'file/config.json',
      'file/tokenizer.json',
    ]);
    const { at, digest, bytes } = step.outputs['tensor/b']!;
    const content = (await readFile(at!.file)).subarray(at!.offset, at!.offset + bytes);
    assert.is(digest, digestOf(content));
    assert.equal(content, Buffer.alloc(200_000, 'b'));
    assert.is(step.updates.at(-1)!.done, step.updates.at(-1)!.total);
    await truncate(at!.file, 500);
    await context.server.stop();
    process.env.HF_HUB_OFFLINE = '1';
    await failure(EnvironmentError, () => runFetch(new MemoryContext({ repo, commit })));
  } finally {
    process.env = saved;
    context.server = await HubServer.start();
  }
});

test.run();
