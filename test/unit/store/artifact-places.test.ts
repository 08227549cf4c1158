import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifact } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { placeOf } from '../../../src/history/outputs.js';
import { collect } from '../../../src/store/collect.js';
import type { Participant } from '../../../src/store/participant.js';
import { Store } from '../../../src/store/store.js';
import { actionOf, keyOf, temporaryFolder } from './temporary-store.js';

const commit = 'a'.repeat(40);
const inCache = join('models--lab--model', 'snapshots', commit, 'model.safetensors');

/** A store of this host with the record of another one, whose file is out of reach here. */
async function ofAnother(file: string, replaced: Partial<Participant> = {}) {
  const artifact: Artifact = { digest: digestOf('weights'), bytes: 7, at: { file, offset: 5 } };
  const store = Store.open(join(temporaryFolder(), 'store'), replaced);
  await store.actions.record(actionOf('a', { 'tensor/w': artifact }));
  const record = readFileSync(store.folder.action(keyOf('a')), 'utf8');
  const status = () => store.lookUp(keyOf('a')).status;
  const bytes = async () => Buffer.from(await store.read(artifact)).toString();
  const unchanged = () => assert.is(readFileSync(store.folder.action(keyOf('a')), 'utf8'), record);
  return { artifact, store, status, bytes, unchanged };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Files whose digests are remembered on disk, for they are past the ticks of the clock in which they could change unseen. */
const folder = temporaryFolder();
const aged = {
  copy: join(folder, 'my-copy.bin'),
  other: join(folder, inCache),
  far: join(folder, 'far'),
  near: join(folder, 'near'),
};
write(aged.copy, 'weights and more');
write(aged.other, 'head-another model');
write(aged.far, 'data');
write(aged.near, 'data');
test.before(() => new Promise((resume) => setTimeout(resume, 2050)));

test('bytes that are out of reach here are missing, and the record stays as it is', async () => {
  const { artifact, status, store, unchanged } = await ofAnother('/home/ann/model.safetensors');
  assert.is(status(), 'missing-object');
  assert.not.ok(placeOf(store, 'w', artifact).stored);
  await collect(store, { limit: () => Number.POSITIVE_INFINITY });
  unchanged();
});

test('they are found in a file that was hashed on this host, wherever it lies', async () => {
  const { artifact, bytes, status, store, unchanged } = await ofAnother('/home/ann/model.safetensors');
  const here = aged.copy;
  await store.files.hash(here, [{ offset: 0, bytes: 7 }]);
  assert.is(status(), 'hit');
  assert.is(await bytes(), 'weights');
  assert.equal(placeOf(store, 'w', artifact).path, here);
  unchanged();
  write(here, 'WEIGHTS and more');
  assert.is(Store.open(store.path).lookUp(keyOf('a')).status, 'missing-object');
});

test('they are found in the cache of the hub of this host, which lies elsewhere than that of the other', async () => {
  const hubCache = join(temporaryFolder(), 'hub');
  const { bytes, status, unchanged } = await ofAnother(`/home/ann/.cache/huggingface/hub/${inCache}`, { hubCache });
  assert.is(status(), 'missing-object');
  write(join(hubCache, inCache), 'head-weights');
  assert.is(status(), 'hit');
  assert.is(await bytes(), 'weights');
  unchanged();
});

test('a file of other bytes at the same path here is passed over for the right ones', async () => {
  const hubCache = join(temporaryFolder(), 'hub');
  const path = aged.other;
  const { bytes, store } = await ofAnother(path, { hubCache });
  await bytes().then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /was changed since it was hashed/),
  );
  await store.objects.put('weights');
  const later = Store.open(store.path, { hubCache });
  const artifact = { digest: digestOf('weights'), bytes: 7, at: { file: path, offset: 5 } };
  assert.is(Buffer.from(await later.read(artifact)).toString(), 'weights');
});

test('a path through a file, with too long a name, or in a loop is out of reach, and no fault', async () => {
  for (const file of ['/dev/null/model', `/${'x'.repeat(300)}`, '/proc/self/fd/none/x']) {
    const { status } = await ofAnother(file);
    assert.is(status(), 'missing-object', file);
  }
});

test('objects that stand in for files of another host are kept by gc as long as the record is', async () => {
  const { bytes, status, store } = await ofAnother('/home/ann/model.safetensors');
  const object = await store.objects.put('weights');
  const old = new Date(Date.now() - 3600_000);
  utimesSync(store.folder.object(object.digest), old, old);
  await collect(store, { limit: () => Number.POSITIVE_INFINITY });
  assert.is(status(), 'hit');
  assert.is(await bytes(), 'weights');
});

test('gc keeps what another host remembers of its own files, and drops what this one does of files that are gone', async () => {
  const path = join(temporaryFolder(), 'store');
  const remembers = async (hostName: 'far' | 'near') => {
    const file = aged[hostName];
    await Store.open(path, { hostName }).files.hash(file, [{ offset: 0, bytes: 4 }]);
    rmSync(file);
    const { litter } = await collect(Store.open(path, { hostName: 'near' }), { limit: () => Number.POSITIVE_INFINITY });
    return litter.filter(({ what }) => what === 'file record').length;
  };
  assert.is(await remembers('far'), 0);
  assert.is(await remembers('near'), 1);
});

test.run();
