import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Action } from '../../../src/formats/action.js';
import { digestOf } from '../../../src/formats/digest.js';
import { FolderRemote } from '../../../src/remote/folder-remote.js';
import { actionName, contentOf, objectName } from '../../../src/remote/layout.js';
import { planPush, push } from '../../../src/remote/push.js';
import { ReadThrough, type ReadThroughOptions } from '../../../src/remote/read-through.js';
import type { RemoteStore } from '../../../src/remote/remote-store.js';
import { sendAction } from '../../../src/remote/transfer.js';
import { publishedKind } from '../../../src/store/action-store.js';
import { seal } from '../../../src/store/sealed.js';
import { Store } from '../../../src/store/store.js';
import { temporaryFolder } from '../store/temporary-store.js';
import { recordOf, storeOf } from './remote-fixtures.js';

/** A remote store with the records of steps, and a store that reads through to it. */
async function shared(names: readonly string[], options: Partial<ReadThroughOptions> = {}) {
  const { store: from, actions } = await storeOf(names);
  const folder = temporaryFolder();
  const remote = new FolderRemote(folder);
  const keys = actions.map(({ key }) => key);
  await push(from, remote, await planPush(from, remote, keys, { sources: true }), {});
  const store = Store.open(temporaryFolder());
  const warnings: string[] = [];
  const through = (to: RemoteStore) =>
    new ReadThrough(store, to, { warn: (message) => warnings.push(message), takesSmall: true, ...options });
  const reader = through(remote);
  store.upstream = reader;
  return { from, actions, keys, folder, remote, store, reader, warnings, through };
}

const replaceEntry = (folder: string, name: string, bytes: string) => {
  chmodSync(join(folder, name), 0o644);
  writeFileSync(join(folder, name), bytes);
};

test('what was pushed is found, read and recorded; pushing it again sends nothing', async () => {
  const { from, actions, keys, remote, store, warnings } = await shared(['a', 'b']);
  assert.is(store.lookUp(keys[0]!).status, 'absent');
  assert.is(await store.upstream!.ask(keys), 2);
  for (const [i, name] of ['a', 'b'].entries()) {
    const found = store.lookUp(keys[i]!);
    assert.equal(found.status === 'hit' && found.action, actions[i]);
    assert.is(Buffer.from(await store.read(actions[i]!.outputs.table!)).toString(), `bytes of ${name}`);
    assert.is(store.actions.lookUp(keys[i]!).status, 'hit');
  }
  const again = await planPush(from, remote, keys, { sources: true });
  assert.equal([again.actions.length, again.objects.length, again.there], [0, 0, 2]);
  assert.equal(warnings, []);
});

test('who only looks brings nothing until it is read', async () => {
  const { actions, keys, store } = await shared(['a'], { takesSmall: false });
  await store.upstream!.ask(keys);
  const found = store.lookUp(keys[0]!);
  assert.is(found.status === 'hit' && found.remote, true);
  assert.not.ok(store.has(actions[0]!.outputs.table!));
  await store.read(actions[0]!.outputs.table!);
  assert.is(store.actions.lookUp(keys[0]!).status, 'hit');
});

test('an object with other bytes, or more, or fewer, is not taken: the step counts as not done', async () => {
  for (const bytes of ['other of a', 'bytes of a and more', 'bytes', '']) {
    const { actions, keys, folder, store, warnings } = await shared(['a']);
    replaceEntry(folder, objectName(actions[0]!.outputs.table!.digest), bytes);
    await store.upstream!.ask(keys);
    assert.is(store.lookUp(keys[0]!).status, 'absent');
    assert.match(warnings.join(), /is not what its name says: it was not taken/);
    assert.not.ok(store.has(actions[0]!.outputs.table!));
    assert.equal(readdirSync(store.folder.in('tmp')), []);
  }
});

test('a record of another key, or without its objects, is none', async () => {
  const { actions, keys, folder, store, warnings } = await shared(['a', 'b', 'c']);
  replaceEntry(folder, actionName(keys[0]!), seal(actions[1]!));
  rmSync(join(folder, objectName(actions[2]!.outputs.table!.digest)));
  await store.upstream!.ask(keys);
  assert.equal(
    keys.map((key) => store.lookUp(key).status),
    ['absent', 'hit', 'absent'],
  );
  assert.match(warnings.join(), /it is of another key/);
});

test('an object that is gone when it is needed makes all steps that name it count as not done', async () => {
  const { actions, keys, folder, store } = await shared(['a'], { takesSmall: false });
  await store.upstream!.ask(keys);
  rmSync(join(folder, objectName(actions[0]!.outputs.table!.digest)));
  await store.read(actions[0]!.outputs.table!).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /is not here, and .* cannot give it/),
  );
  assert.is(store.lookUp(keys[0]!).status, 'absent');
});

test('who asks for all takes all that is sound, and is told how much is not', async () => {
  const { actions, keys, folder, store, warnings, through, remote } = await shared(['a', 'b', 'c'], {
    isRequired: true,
    takesSmall: false,
  });
  replaceEntry(folder, actionName(keys[0]!), 'nonsense');
  replaceEntry(folder, objectName(actions[1]!.outputs.table!.digest), 'other bytes');
  const reader = through(remote);
  assert.is(await reader.ask(keys), 2);
  await reader.take(keys);
  assert.equal(
    keys.map((key) => store.actions.lookUp(key).status),
    ['absent', 'absent', 'hit'],
  );
  assert.equal([reader.faults, warnings.length], [2, 2]);
});

test('what a run published of itself is not taken: no step needs it', async () => {
  const { keys, folder, store, warnings } = await shared(['a']);
  const published = recordOf('all', {}, { kind: publishedKind });
  mkdirSync(dirname(join(folder, actionName(published.key))), { recursive: true });
  writeFileSync(join(folder, actionName(published.key)), seal(published));
  assert.is(await store.upstream!.ask([...keys, published.key]), 1);
  assert.is(store.lookUp(published.key).status, 'absent');
  assert.equal(warnings, []);
});

test('a place with another format is told once, however many keys are asked for', async () => {
  const { keys, folder, store, warnings } = await shared(['a', 'b', 'c']);
  replaceEntry(folder, 'format', 'a login page, '.repeat(100));
  assert.is(await store.upstream!.ask(keys), 0);
  assert.is(warnings.length, 1);
});

test('a thousand keys are asked for 32 at a time, each once', async () => {
  const keys = Array.from({ length: 1000 }, (_, i) => digestOf(`key ${i}`));
  const { remote, through } = await shared(['a']);
  let open = 0;
  let most = 0;
  let reads = 0;
  const reader = through({
    place: 'counted',
    has: () => Promise.resolve(false),
    writeIfAbsent: () => Promise.resolve(false),
    replace: () => Promise.reject(new Error('nothing is sent')),
    list: () => remote.list(''),
    read: async (name) => {
      open += 1;
      reads += 1;
      most = Math.max(most, open);
      await new Promise((resume) => setImmediate(resume));
      open -= 1;
      return remote.read(name);
    },
  });
  assert.is(await reader.ask(keys), 0);
  assert.is(await reader.ask(keys), 0);
  assert.equal([reads, most], [1001, 32]);
});

test('a remote store that does not answer is told once and asked no more; where it is required it is an error', async () => {
  const { keys, store, warnings, through } = await shared(['a', 'b'], {});
  let asked = 0;
  const broken = new FolderRemote('/dev/null/nowhere');
  const remote: RemoteStore = {
    place: 'broken',
    has: (name) => broken.has(name),
    writeIfAbsent: (name, content) => broken.writeIfAbsent(name, content),
    replace: (name, content) => broken.replace(name, content),
    list: () => broken.list(''),
    read: (name) => {
      asked += 1;
      return broken.read(name);
    },
  };
  store.upstream = through(remote);
  assert.is(await store.upstream.ask(keys), 0);
  assert.is(await store.upstream.ask([digestOf('another')]), 0);
  assert.equal([asked, warnings.length], [1, 1]);
  assert.match(warnings[0]!, /there is no remote store at broken/);
  const required = new ReadThrough(store, remote, { warn: () => undefined, isRequired: true });
  await required.ask(keys).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /no remote store/),
  );
});

test('outputs in files outside the store are copied, or their steps left out; elsewhere their bytes are read as objects', async () => {
  const { store: from } = await storeOf([]);
  const outside = join(temporaryFolder(), 'model.safetensors');
  writeFileSync(outside, 'head-weights');
  const at = { file: outside, offset: 5 };
  const action = recordOf('fetched', { 'tensor/w': { digest: digestOf('weights'), bytes: 7, at } });
  await from.actions.record(action);
  const folder = temporaryFolder();
  const remote = new FolderRemote(folder);
  const without = await planPush(from, remote, [action.key], { sources: false });
  assert.equal(without.leftOut, [{ step: action.step, because: 'source' }]);
  const plan = await planPush(from, remote, [action.key], { sources: true });
  assert.is(plan.sourceBytes, 7);
  await push(from, remote, plan, {});
  rmSync(outside);

  assert.is(from.lookUp(action.key).status, 'missing-object');
  const store = Store.open(temporaryFolder());
  store.upstream = new ReadThrough(store, remote, { warn: assert.unreachable, takesSmall: true });
  await store.upstream.ask([action.key]);
  store.upstream = undefined;
  const found = store.lookUp(action.key);
  assert.equal(found.status === 'hit' && found.action, action, 'the record is as it was');
  assert.is(Buffer.from(await store.read(action.outputs['tensor/w']!)).toString(), 'weights');
});

test('a push mends what was damaged or lost since the last one, and leaves what is sound', async () => {
  const { from, actions, keys, folder, remote, store } = await shared(['cut', 'lost', 'torn', 'pipe', 'sound']);
  const nameOf = (i: number) => objectName(actions[i]!.outputs.table!.digest);
  replaceEntry(folder, nameOf(0), 'byt');
  rmSync(join(folder, nameOf(1)));
  replaceEntry(folder, actionName(keys[2]!), seal(actions[3]!));
  rmSync(join(folder, actionName(keys[3]!)));
  symlinkSync('nowhere', join(folder, actionName(keys[3]!)));
  const plan = await planPush(from, remote, keys, { sources: true });
  assert.equal([plan.actions.length, plan.objects.length, plan.there], [2, 2, 3]);
  await push(from, remote, plan, {});
  assert.is((await planPush(from, remote, keys, { sources: true })).there, 5);
  const reader = new ReadThrough(store, remote, { warn: assert.unreachable });
  await reader.ask(keys);
  await reader.take(keys);
  assert.equal(
    keys.map((key) => store.actions.lookUp(key).status),
    keys.map(() => 'hit'),
  );
});

test('a record that is there and sound stays, though another was made of its key', async () => {
  const { store: from, actions } = await storeOf(['a']);
  const [action] = actions as [Action];
  const remote = new FolderRemote(temporaryFolder());
  const first = { ...action, outputs: { table: { digest: digestOf('others'), bytes: 6 } } };
  await remote.writeIfAbsent(actionName(action.key), contentOf(seal(first)));
  await remote.writeIfAbsent('format', contentOf('remote store of runflow 1\n'));
  const plan = await planPush(from, remote, [action.key], { sources: true });
  assert.equal([plan.actions, plan.objects, plan.there], [[], [], 1]);
  assert.is(await sendAction(remote, action, {}), false);
});

test('a push that was interrupted goes on where it was, and a record is never there without its objects', async () => {
  const { store, actions } = await storeOf(['a', 'b', 'c', 'd', 'e', 'f']);
  const folder = temporaryFolder();
  const remote = new FolderRemote(folder);
  const keys = actions.map(({ key }) => key);
  const plan = await planPush(store, remote, keys, { sources: true });
  const stop = new AbortController();
  const told = { signal: stop.signal, onBytes: () => stop.abort() };
  await push(store, remote, plan, told).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /interrupted/),
  );
  for await (const name of remote.list('actions/')) assert.unreachable(name);
  await push(store, remote, await planPush(store, remote, keys, { sources: true }), {});
  assert.is((await planPush(store, remote, keys, { sources: true })).there, 6);
});

test.run();
