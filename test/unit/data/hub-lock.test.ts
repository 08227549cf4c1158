import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { lockFileOf, pinHubRevisions } from '../../../src/data/hub-lock.js';
import { fetchModel } from '../../../src/data/hub-model.js';
import { DataError, EnvironmentError, UsageError } from '../../../src/diagnostics/errors.js';
import { commit, failure, files, hubOf, hubSuite, repo } from './hub-fixture.js';

const test = hubSuite('hub lock');

test('the lock file stands beside its workflow', () => {
  assert.is(lockFileOf('/lab/exp3.yaml'), '/lab/exp3.lock.json');
  assert.is(lockFileOf('exp.v2.yml'), 'exp.v2.lock.json');
});

test('a revision is looked up once, written down in stable order and then taken from the lock file', async (context) => {
  const { server, folder } = context;
  const lock = join(folder, 'exp.lock.json');
  const main = { kind: 'model', repo, revision: 'main' } as const;
  const direct = { kind: 'model', repo, revision: 'f'.repeat(40) } as const;
  assert.equal(await pinHubRevisions([main, direct, main], lock, hubOf(context)), [commit, 'f'.repeat(40), commit]);
  assert.is(server.requests.length, 1);
  const expected = `{\n  "lockfile": 1,\n  "models": {\n    "lab/tiny": {\n      "main": "${commit}"\n    }\n  }\n}\n`;
  assert.is(await readFile(lock, 'utf8'), expected);

  // The branch moves on; the workflow does not.
  server.repositories.set(repo, { revisions: { main: 'a'.repeat(40), 'v1/x': 'b'.repeat(40) }, files });
  server.repositories.set('datasets/lab/rows', { revisions: { main: 'c'.repeat(40) }, files: {} });
  assert.equal(await pinHubRevisions([main], lock, hubOf(context, { HF_HUB_OFFLINE: '1' })), [commit]);
  const more = [
    { kind: 'dataset', repo: 'lab/rows', revision: 'main' },
    { kind: 'model', repo, revision: 'v1/x' },
    main,
  ] as const;
  assert.equal(await pinHubRevisions(more, lock, hubOf(context)), ['c'.repeat(40), 'b'.repeat(40), commit]);
  assert.equal(JSON.parse(await readFile(lock, 'utf8')), {
    lockfile: 1,
    models: { 'lab/tiny': { main: commit, 'v1/x': 'b'.repeat(40) } },
    datasets: { 'lab/rows': { main: 'c'.repeat(40) } },
  });
});

test('offline, a revision that is not locked comes from the cache or is an error; locked runs never look up', async (context) => {
  const { folder } = context;
  const lock = join(folder, 'exp.lock.json');
  const main = { kind: 'model', repo, revision: 'main' } as const;
  const offline = hubOf(context, { HF_HUB_OFFLINE: '1' });
  assert.match(
    (await failure(EnvironmentError, () => pinHubRevisions([main], lock, offline))).message,
    /lab\/tiny@main is not in the cache/,
  );
  assert.match(
    (await failure(UsageError, () => pinHubRevisions([main], lock, hubOf(context), { frozen: true }))).message,
    /does not pin lab\/tiny@main/,
  );
  assert.equal(context.server.requests, []);
  await fetchModel(hubOf(context), repo, commit);
  await writeRef(folder, commit);
  assert.equal(await pinHubRevisions([main], lock, offline), [commit]);
});

async function writeRef(folder: string, content: string): Promise<void> {
  const refs = join(folder, 'hub', 'models--lab--tiny', 'refs');
  await mkdir(refs, { recursive: true });
  await writeFile(join(refs, 'main'), content);
}

test('a damaged lock file is refused, not overwritten', async (context) => {
  const lock = join(context.folder, 'exp.lock.json');
  const main = { kind: 'model', repo, revision: 'main' } as const;
  for (const text of [
    '',
    '{',
    '[]',
    '{"lockfile":2}',
    '{"lockfile":1,"models":[]}',
    '{"lockfile":1,"models":{"a":{"main":"HEAD"}}}',
    '{"lockfile":1,"models":{"a":1}}',
  ]) {
    await writeFile(lock, text);
    assert.match(
      (await failure(DataError, () => pinHubRevisions([main], lock, hubOf(context)))).message,
      /exp\.lock\.json/,
    );
    assert.is(await readFile(lock, 'utf8'), text);
  }
});

test.run();
