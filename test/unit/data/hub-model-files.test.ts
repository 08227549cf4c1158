import * as assert from 'uvu/assert';
import { hubModelFiles } from '../../../src/data/hub-model-files.js';
import { lookUpRevision } from '../../../src/data/hub-revision.js';
import { EnvironmentError } from '../../../src/diagnostics/errors.js';
import { openCheckpointFiles } from '../../../src/formats/checkpoint.js';
import { commit, failure, hubOf, hubSuite, neededFiles, repo, shardNames } from './hub-fixture.js';

const test = hubSuite('headers of models on the hub');
const offline = { HF_HUB_OFFLINE: '1' };

test('tensors are known from two short ranges a file, which are kept and do offline', async (context) => {
  const files = await hubModelFiles(hubOf(context), repo, commit);
  const { tensors } = await openCheckpointFiles(files);
  assert.equal(
    [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]),
    [
      ['a', 'F32', [300_000]],
      ['b', 'F32', [50_000]],
      ['c', 'F32', [50_000]],
    ],
  );
  const ranged = context.server.requests.filter((request) => request.startsWith('cdn'));
  assert.is(ranged.length, 2 * shardNames.length);
  assert.ok(context.server.sent < 5000, `${context.server.sent} bytes for files of 1.6 MB`);
  const before = context.server.requests.length;
  const again = await openCheckpointFiles(await hubModelFiles(hubOf(context, offline), repo, commit));
  assert.equal(again.tensors, tensors);
  assert.is(context.server.requests.length, before);
});

test('a cache that cannot be written takes nothing in, and everything is known all the same', async (context) => {
  const files = await hubModelFiles(
    hubOf(context, { HF_HOME: '/proc/none', HF_HUB_CACHE: '/proc/none/hub' }),
    repo,
    commit,
  );
  const { tensors, companions } = await openCheckpointFiles(files);
  assert.is(tensors.size, 3);
  assert.ok(companions.size > 0);
});

test('what is to be fetched is what the cache lacks', async (context) => {
  const files = await hubModelFiles(hubOf(context), repo, commit);
  const all = files.toFetch(neededFiles);
  assert.ok(all > 1_600_000 && all < 1_610_000, `${all}`);
  const [first] = (await hubOf(context).list({ kind: 'model', repo }, commit)).files.filter(({ path }) => path === shardNames[0]); // biome-ignore format: one line
  await hubOf(context).fetch({ kind: 'model', repo }, commit, [first!]);
  const later = await hubModelFiles(hubOf(context), repo, commit);
  assert.is(later.toFetch(neededFiles), all - first!.bytes);
  assert.is((await later.tensors(shardNames[0])).length, 1, 'the header of a file that is here');
});

test('a server without ranges is read up to the end of the header, and no further', async (context) => {
  const { server } = context;
  server.misbehave = (request) => {
    delete request.headers.range;
    return false;
  };
  const { tensors } = await openCheckpointFiles(await hubModelFiles(hubOf(context), repo, commit));
  assert.is(tensors.size, 3);
});

test('a header that is cut off is asked for again, and then an error', async (context) => {
  context.server.misbehave = (request, response) => {
    if (request.headers.range === undefined) return false;
    return response.writeHead(206, { 'content-range': 'bytes 0-3/9', 'content-length': 4 }).end('cut!');
  };
  const files = await hubModelFiles(hubOf(context), repo, commit);
  const error = await failure(EnvironmentError, () => openCheckpointFiles(files));
  assert.match(error.message, /lab\/tiny@0123456789ab: model-00001-of-00002\.safetensors: .* cannot be reached/);
});

test('a branch is the commit that it was last looked up as, where the hub cannot be asked', async (context) => {
  const main = { kind: 'model', repo, revision: 'main' } as const;
  const error = await failure(EnvironmentError, () => lookUpRevision(hubOf(context, offline), main));
  assert.match(error.message, /HF_HUB_OFFLINE is set/);
  assert.is(await lookUpRevision(hubOf(context), main), commit);
  assert.is(await lookUpRevision(hubOf(context, offline), main), commit);
  assert.is(await hubOf(context).cache.ref(main), undefined, 'other tools would look for a snapshot');
});

test.run();
