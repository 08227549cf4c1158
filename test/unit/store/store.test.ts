import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, EnvironmentError, InterruptedError } from '../../../src/diagnostics/errors.js';
import type { Artifact } from '../../../src/formats/artifact.js';
import { type Digest, digestOf } from '../../../src/formats/digest.js';
import type { Lock } from '../../../src/store/locks.js';
import { DamagedObjectError } from '../../../src/store/object-store.js';
import { Store } from '../../../src/store/store.js';
import { actionOf, keyOf, temporaryFolder } from './temporary-store.js';

const open = () => Store.open(join(temporaryFolder(), 'store'));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

async function rejects(promise: Promise<unknown>, type: new (...rest: never[]) => Error, message: RegExp) {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, type);
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable('it should have failed');
}

/** Overwrites an object in place, as a decaying disk would. */
function corrupt(path: string, bytes: string): void {
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

test('opening a store makes nothing, the first write makes it', async () => {
  const store = open();
  assert.is(store.lookUp(keyOf('a')).status, 'absent');
  assert.equal(store.runs.list(), []);
  assert.equal(store.locks.held(), []);
  assert.not.ok(existsSync(store.path));
  await store.objects.put('bytes');
  assert.is(readFileSync(join(store.path, 'format'), 'utf8'), 'runflow store 1\n');
});

test('a folder that is something else is refused before anything is written to it', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'thesis.tex'), '');
  assert.throws(() => Store.open(folder), /is not a store, and not empty/);
  const later = temporaryFolder();
  writeFileSync(join(later, 'format'), 'runflow store 99\n');
  assert.throws(() => Store.open(later), /has another format: "runflow store 99/);
  assert.equal(readdirSync(folder), ['thesis.tex']);
});

test('an object is found under its digest, read-only, and nothing else is left', async () => {
  const store = open();
  const writer = await store.objects.writer();
  await writer.append(Buffer.from('two '));
  await writer.append(Buffer.from('parts'));
  const object = await writer.close();
  assert.equal(object, { digest: digestOf('two parts'), bytes: 9 });
  assert.ok(store.objects.has(object));
  assert.not.ok(store.objects.has({ ...object, bytes: 8 }));
  assert.is(text(await store.objects.read(object)), 'two parts');
  assert.is(text(await store.objects.read(object, 4, 3)), 'par');
  assert.is(statSync(store.folder.object(object.digest)).mode & 0o222, 0);
  assert.equal(readdirSync(join(store.path, 'tmp')), []);
  assert.equal(await store.objects.put('two parts'), object);
  assert.equal(await store.objects.put(''), { digest: digestOf(''), bytes: 0 });
  assert.is((await store.objects.read({ digest: digestOf(''), bytes: 0 })).length, 0);
});

test('an object larger than several read chunks is hashed and read right', async () => {
  const bytes = Buffer.alloc(9 * 1024 * 1024 + 13);
  for (let index = 0; index < bytes.length; index += 4093) bytes[index] = index % 251;
  const writing = open();
  const object = await writing.objects.put(bytes);
  assert.is(object.digest, digestOf(bytes));
  const range = await Store.open(writing.path).objects.read(object, 8 * 1024 * 1024 - 5, 4096);
  assert.ok(
    bytes
      .subarray(8 * 1024 * 1024 - 5)
      .subarray(0, 4096)
      .equals(range),
  );
  assert.ok(bytes.equals(await Store.open(writing.path).objects.read(object)));
});

test('an aborted object leaves nothing', async () => {
  const store = open();
  const writer = await store.objects.writer();
  await writer.append(Buffer.from('x'));
  await writer.abort();
  await writer.abort();
  assert.equal(readdirSync(join(store.path, 'tmp')), []);
  assert.not.ok(store.objects.has({ digest: digestOf('x'), bytes: 1 }));
});

for (const [how, offset, length] of [
  ['whole', 0, 5],
  ['in part', 1, 2],
] as const) {
  test(`a damaged object that is read ${how} is named, thrown away, and can be made again`, async () => {
    const store = open();
    const object = await store.objects.put('sound');
    const path = store.folder.object(object.digest);
    corrupt(path, 'SOUND');
    const reader = Store.open(store.path);
    await rejects(
      reader.objects.read(object, offset, length),
      DamagedObjectError,
      new RegExp(`${object.digest} .* is damaged: its bytes have digest ${digestOf('SOUND')}`),
    );
    assert.not.ok(existsSync(path));
    await rejects(reader.objects.read(object), DamagedObjectError, /is missing/);
    await reader.objects.put('sound');
    assert.is(text(await reader.objects.read(object)), 'sound');
  });
}

test('a truncated object is no hit, and is thrown away when it is read', async () => {
  const store = open();
  const object = await store.objects.put('0123456789');
  await store.actions.record(actionOf('a', { u: object }));
  chmodSync(store.folder.object(object.digest), 0o644);
  truncateSync(store.folder.object(object.digest), 9);
  const found = store.lookUp(keyOf('a'));
  assert.is(found.status, 'missing-object');
  assert.ok(
    found.status === 'missing-object' && found.output === 'u' && found.problem === 'missing or of another size',
  );
  await rejects(store.read(object), DamagedObjectError, /has 9 bytes instead of 10/);
  assert.not.ok(existsSync(store.folder.object(object.digest)));
});

test('an object that decays after its first read is noticed when its file shows it', async () => {
  const store = open();
  const object = await store.objects.put('sound');
  await store.objects.read(object);
  const path = store.folder.object(object.digest);
  corrupt(path, 'SOUND');
  utimesSync(path, 1, 1);
  await rejects(store.objects.read(object), DamagedObjectError, /is damaged/);
});

test('what is written again heals an object that has decayed unnoticed', async () => {
  const store = open();
  const object = await store.objects.put('sound');
  corrupt(store.folder.object(object.digest), 'SOUND');
  await store.objects.put('sound');
  assert.is(text(await store.objects.read(object)), 'sound');
});

test('an action comes back as it was recorded, and only under its own key', async () => {
  const store = open();
  const action = actionOf('a', { u: await store.objects.put('u'), s: await store.objects.put('s') });
  await store.actions.record(action);
  assert.equal(Store.open(store.path).lookUp(keyOf('a')), { status: 'hit', action });
  mkdirSync(join(store.folder.action(keyOf('b')), '..'), { recursive: true });
  writeFileSync(store.folder.action(keyOf('b')), readFileSync(store.folder.action(keyOf('a'))));
  assert.is(store.lookUp(keyOf('b')).status, 'garbage');
});

test('a torn, edited or garbage action is ignored, named, and replaced by the next one', async () => {
  const store = open();
  const action = actionOf('a', { u: await store.objects.put('u') });
  await store.actions.record(action);
  const file = store.folder.action(action.key);
  const whole = readFileSync(file, 'utf8');
  const damaged = [
    ...Array.from({ length: whole.length }, (_, length) => whole.slice(0, length)),
    whole.replace('"seconds":1', '"seconds":2'),
    `${whole}x`,
    'null\n',
    '\0'.repeat(4096),
  ];
  for (const bytes of damaged) {
    writeFileSync(file, bytes);
    assert.equal(store.lookUp(action.key), { status: 'garbage', file });
  }
  await store.actions.record(action);
  assert.is(store.lookUp(action.key).status, 'hit');
});

test('digests in records cannot lead out of the store', async () => {
  const store = open();
  const digest = 'sha256:../../../../etc/passwd' as Digest;
  assert.throws(() => store.objects.has({ digest, bytes: 1 }), /malformed digest/);
  assert.throws(() => store.lookUp(digest), /malformed digest/);
  await rejects(store.actions.record(actionOf('a', { u: { digest, bytes: 1 } })), TypeError, /malformed digest/);
});

test('an output in a file of another program is a hit while the file is as it was', async () => {
  const store = open();
  const file = join(temporaryFolder(), 'model.safetensors');
  writeFileSync(file, 'header tensor');
  age(file);
  const artifact: Artifact = { digest: digestOf('tensor'), bytes: 6, at: { file, offset: 7 } };
  await store.actions.record(actionOf('a', { w: artifact }));
  assert.is(store.lookUp(keyOf('a')).status, 'hit');
  assert.is(text(await store.read(artifact)), 'tensor');
  assert.is(text(await store.read(artifact, 1, 2)), 'en');

  writeFileSync(file, 'header TENSOR');
  age(file);
  await rejects(Store.open(store.path).read(artifact), DataError, /model.safetensors was changed since it was hashed/);
  const found = Store.open(store.path).lookUp(keyOf('a'));
  assert.ok(found.status === 'missing-object' && found.problem === 'changed');

  truncateSync(file, 12);
  const cut = Store.open(store.path).lookUp(keyOf('a'));
  assert.ok(cut.status === 'missing-object' && cut.problem === 'missing or of another size');
  await rejects(store.read(artifact), DataError, /ends before byte 13/);
});

test('equal outputs of a second attempt change nothing, others are told and the first record stays', async () => {
  const store = open();
  const [u, other] = [await store.objects.put('u'), await store.objects.put('other')];
  const first = actionOf('a', { u, s: u }, { host: 'node-1' });
  assert.is(await store.actions.record(first), undefined);
  assert.is(await store.actions.record(actionOf('a', { u, s: u }, { host: 'node-2' })), undefined);
  const second = actionOf('a', { u, s: other }, { host: 'node-2' });
  assert.equal(await store.actions.record(second), { earlier: first, outputs: ['s'] });
  assert.equal(store.lookUp(keyOf('a')), { status: 'hit', action: first });
  assert.equal(await store.actions.record(second, { replace: true }), { earlier: first, outputs: ['s'] });
  assert.equal(store.lookUp(keyOf('a')), { status: 'hit', action: second });
});

test('a record without its objects is replaced by the next one', async () => {
  const store = open();
  const [gone, u] = [await store.objects.put('gone'), await store.objects.put('u')];
  await store.actions.record(actionOf('a', { u: gone }));
  rmSync(store.folder.object(gone.digest), { force: true });
  const second = actionOf('a', { u });
  assert.is(await store.actions.record(second), undefined);
  assert.equal(store.lookUp(keyOf('a')), { status: 'hit', action: second });
});

for (const [what, put] of [
  ['folder', (path: string) => mkdirSync(join(path, 'inside'), { recursive: true })],
  ['link that leads nowhere', (path: string) => symlinkSync('nowhere', path)],
] as const) {
  test(`a ${what} in the place of a record, or a file in that of its folder, gives way to the record`, async () => {
    const store = open();
    const action = actionOf('a', { u: await store.objects.put('u') });
    const path = store.folder.action(action.key);
    mkdirSync(dirname(path));
    put(path);
    assert.is(await store.actions.record(action), undefined);
    assert.is(store.lookUp(action.key).status, 'hit');
    rmSync(dirname(path), { recursive: true });
    writeFileSync(dirname(path), 'a file');
    await store.actions.refresh(action.key);
    assert.is(await store.actions.record(action), undefined);
    assert.is(store.lookUp(action.key).status, 'hit');
  });
}

async function lockOn(store: Store, name: string): Promise<Lock> {
  return ((await store.claim(keyOf(name))) as { lock: Lock }).lock;
}

test('state in scratch survives its owner: the next one finds the newest that is whole in a folder of its own', async () => {
  const store = open();
  const all = store.folder.scratch(keyOf('a'));
  const first = await lockOn(store, 'a');
  const folder = await store.scratch.take(keyOf('a'), first.token);
  assert.is(folder, join(all, first.token));
  writeFileSync(join(folder, 'state'), 'newest');
  writeFileSync(join(folder, '.7-0123abcd.partial'), 'torn');
  assert.is(await Store.open(store.path).scratch.take(keyOf('a'), first.token), folder);
  await first.release();
  for (const [name, text] of [
    ['older', 'older'],
    ['torn', undefined],
  ] as const) {
    mkdirSync(join(all, name));
    if (text !== undefined) writeFileSync(join(all, name, 'state'), text);
    if (text !== undefined) utimesSync(join(all, name, 'state'), 1, 1);
    else writeFileSync(join(all, name, '.8-0123abcd.partial'), 'torn, and newer');
  }
  const second = await lockOn(store, 'a');
  const next = await store.scratch.take(keyOf('a'), second.token);
  assert.equal(readdirSync(all), [second.token]);
  assert.equal(readdirSync(next), ['state']);
  assert.is(readFileSync(join(next, 'state'), 'utf8'), 'newest');
  await store.scratch.remove(keyOf('a'), second.token);
  assert.not.ok(existsSync(all));
  await second.release();
});

test('state that a version without tokens left is gone on from', async () => {
  const store = open();
  const all = store.folder.scratch(keyOf('a'));
  await store.memory('any');
  mkdirSync(join(all, 'command', 'work'), { recursive: true });
  writeFileSync(join(all, 'state'), 'old');
  const lock = await lockOn(store, 'a');
  const folder = await store.scratch.take(keyOf('a'), lock.token);
  assert.equal(readdirSync(all), [lock.token]);
  assert.is(readFileSync(join(folder, 'state'), 'utf8'), 'old');
});

test('who has lost the lock touches no scratch, and removes none but its own', async () => {
  const store = open();
  const lock = await lockOn(store, 'a');
  const folder = await store.scratch.take(keyOf('a'), lock.token);
  writeFileSync(join(folder, 'state'), 'x');
  await rejects(store.scratch.take(keyOf('a'), 'lost'), InterruptedError, /another run has taken over/);
  await store.scratch.remove(keyOf('a'), 'lost');
  assert.equal(readdirSync(store.folder.scratch(keyOf('a'))), [lock.token]);
  assert.equal(readdirSync(folder), ['state']);
});

test('a path that cannot be a folder is an environment error', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  assert.throws(
    () => Store.open(join(file, 'store')),
    (error: unknown) => error instanceof EnvironmentError && /--store/.test(error.hint ?? ''),
  );
});

/** Modification times can be set back, change times cannot: wait until the file is older than the racy window. */
function age(file: string): void {
  utimesSync(file, 1, 1);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2050);
}

test.run();
