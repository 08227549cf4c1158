import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Lock } from '../../../src/store/locks.js';
import { Store } from '../../../src/store/store.js';
import { actionOf, keyOf, shortTiming, temporaryFolder } from './temporary-store.js';
import { twoHosts } from './two-hosts.js';

const processes = new URL('./processes/', import.meta.url);
const minutes = 60_000;

async function claimed(store: Store, name: string): Promise<Lock> {
  const claim = await store.claim(keyOf(name));
  assert.ok('lock' in claim, 'it is done already');
  return (claim as { lock: Lock }).lock;
}

for (const folderIsThere of [false, true]) {
  test(`with the lock in hand a record is seen that the host remembers as missing${folderIsThere ? ', folder and all' : ''}`, async () => {
    const { near, far } = await twoHosts();
    await far.store.objects.put('made');
    if (folderIsThere) await far.store.actions.refresh(keyOf('a'));
    assert.is(near.store.lookUp(keyOf('a')).status, 'absent');
    const lock = await claimed(far.store, 'a');
    const u = await far.store.objects.put('u');
    const action = actionOf('a', { u });
    await far.store.actions.record(action);
    await lock.release();
    assert.is(near.store.lookUp(keyOf('a')).status, 'absent', 'what is remembered for a minute is the danger');
    assert.equal(await near.store.claim(keyOf('a')), { action });
  });
}

for (const code of ['EEXIST', 'EIO'] as const) {
  test(`a link of a record that is answered by ${code} though it took effect is a record`, async () => {
    const { near, far, path } = await twoHosts();
    const action = actionOf('a', { u: await near.store.objects.put('u') });
    near.client.lyingLinks.push(code);
    assert.is(await near.store.actions.record(action), undefined);
    assert.equal(far.store.lookUp(action.key), { status: 'hit', action });
    assert.equal(readdirSync(join(path, 'tmp')), []);
  });
}

test('of two hosts that record one step the first is kept, and the other is told of it', async () => {
  const { near, far } = await twoHosts();
  const first = actionOf('a', { u: await near.store.objects.put('u') }, { host: 'near' });
  const second = actionOf('a', { u: await far.store.objects.put('other') }, { host: 'far' });
  assert.is(far.store.lookUp(first.key).status, 'absent');
  await near.store.actions.record(first);
  assert.equal(await far.store.actions.record(second), { earlier: first, outputs: ['u'] });
  assert.equal(far.store.lookUp(first.key), { status: 'hit', action: first });
});

test('state goes to who takes a step over; who was stopped meanwhile can neither write nor remove any', async () => {
  const { near, far, pass } = await twoHosts();
  const first = await claimed(near.store, 'a');
  const old = await near.store.scratch.take(keyOf('a'), first.token);
  writeFileSync(join(old, 'state'), 'after 7 steps');
  const all = dirname(old);
  // The other host remembers what was in the folder, and a program has a file open that it removes.
  far.client.disk.readdirSync(all, { withFileTypes: true });
  assert.is(await far.store.locks.tryAcquire(keyOf('a').slice(7)), undefined);
  pass(2 * minutes + 1);
  const second = await claimed(far.store, 'a');
  const taken = await far.store.scratch.take(keyOf('a'), second.token);
  assert.is(readFileSync(join(taken, 'state'), 'utf8'), 'after 7 steps');
  assert.not.ok(existsSync(old));
  assert.throws(() => writeFileSync(join(old, 'state'), 'after 8 steps'), /ENOENT/);
  assert.not.ok(await first.isOurs());
  const again = await near.store.scratch.take(keyOf('a'), first.token).catch((error: Error) => error.message);
  assert.match(again, /another run has taken over/);
  await near.store.scratch.remove(keyOf('a'), first.token);
  assert.equal(readdirSync(all), [second.token]);
  assert.equal(readdirSync(taken), ['state']);
});

test('a folder of an earlier owner in which a file is still open goes as soon as it can, and is in nobody’s way', async () => {
  const { near, path } = await twoHosts();
  const first = await claimed(near.store, 'a');
  const old = await near.store.scratch.take(keyOf('a'), first.token);
  const handle = await near.client.disk.promises.open(join(old, 'state'), 'w');
  await handle.writeFile('x');
  mkdirSync(join(old, 'command'));
  await first.release();
  const second = await claimed(near.store, 'a');
  const taken = await near.store.scratch.take(keyOf('a'), second.token);
  assert.equal(readdirSync(taken), ['state']);
  const open = await near.client.disk.promises.open(join(taken, 'state'), 'r');
  await near.store.scratch.remove(keyOf('a'), second.token).catch((error: Error) => assert.unreachable(error.stack));
  await open.close();
  await handle.close();
  assert.ok(existsSync(join(path, 'scratch')));
});

test('two hosts change what a run shares one after the other, whatever they remember', async () => {
  const { near, far } = await twoHosts();
  await near.store.objects.put('made');
  // What fails makes the host remember that there is no value.
  const failing = far.store.runValues.change<number>('r', 'n', () => {
    throw new TypeError('not now');
  });
  assert.is(await failing.catch((error: Error) => error.message), 'not now');
  const add = (store: Store) => store.runValues.change<number>('r', 'n', (before = 0) => before + 1);
  for (let time = 1; time <= 3; time++) {
    assert.is(await add(near.store), 2 * time - 1);
    assert.is(await add(far.store), 2 * time);
  }
});

test('who is stopped between reading and writing a shared value changes the new one', async () => {
  const { near, far, pass } = await twoHosts();
  const change = (store: Store, more: number) =>
    store.runValues.change<number>('r', 'n', (before = 0) => before + more);
  const { locks } = near.store;
  const acquire = locks.acquire.bind(locks);
  let stops = 0;
  locks.acquire = async (...rest) => {
    const claim = await acquire(...rest);
    if (!('lock' in claim)) return claim;
    const isOurs = async () => {
      stops += 1;
      if (stops === 1) {
        far.store.locks.held();
        pass(2 * minutes + 1);
        assert.is(await change(far.store, 10), 10);
      }
      return claim.lock.isOurs();
    };
    return { lock: Object.assign({}, claim.lock, { isOurs }) };
  };
  assert.is(await change(near.store, 1), 11);
  assert.is(stops, 2);
});

test('who waited for a step takes the result without the lock, whatever its host remembers', async () => {
  const { near, far } = await twoHosts();
  const outputs = { u: await near.store.objects.put('u') };
  const ours = await near.store.claim(keyOf('a'));
  assert.is(far.store.lookUp(keyOf('a')).status, 'absent');
  let links = 0;
  const { promises } = far.store.folder.disk;
  const { link } = promises;
  promises.link = (...names) => {
    links += 1;
    return link(...names);
  };
  let waits = 0;
  const theirs = far.store.claim(keyOf('a'), { onWait: () => (waits += 1) });
  await new Promise((resume) => setImmediate(resume));
  await near.store.actions.record(actionOf('a', outputs));
  if ('lock' in ours) await ours.lock.release();
  const claimed = await theirs;
  assert.is(waits, 1);
  assert.equal('action' in claimed && claimed.action.outputs, outputs);
  assert.is(links, 0);
});

test('runners of which one is stopped past its take-over and goes on publish each step once, and lose none', async () => {
  const path = join(temporaryFolder(), 'store');
  const journal = join(temporaryFolder(), 'journal');
  await Store.open(path).objects.put('made');
  const steps = 6;
  const start = (host: string) =>
    fork(new URL('careful-contender.js', processes), [path, `${steps}`, journal, host, host === 'one' ? '2' : '']);
  const stopped = start('one');
  await once(stopped, 'message');
  stopped.kill('SIGSTOP');
  const other = start('two');
  await once(other, 'exit');
  stopped.kill('SIGCONT');
  await once(stopped, 'exit');
  const lines = readFileSync(journal, 'utf8').trim().split('\n');
  const published = lines.filter((line) => line.startsWith('published'));
  assert.equal(published.sort(), [
    'published 0 one',
    'published 1 one',
    ...[2, 3, 4, 5].map((step) => `published ${step} two`),
  ]);
  assert.equal(
    lines.filter((line) => line.startsWith('lost')),
    ['lost 2 one'],
  );
  const store = Store.open(path, { timing: shortTiming });
  for (let step = 0; step < steps; step++) assert.is(store.lookUp(keyOf(`${step}`)).status, 'hit', `step ${step}`);
  assert.equal(store.locks.held(), []);
  assert.equal(readdirSync(join(path, 'scratch')), []);
});

test.run();
