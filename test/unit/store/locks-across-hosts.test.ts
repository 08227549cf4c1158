import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError } from '../../../src/diagnostics/errors.js';
import { collect } from '../../../src/store/collect.js';
import type { Lock, LockWait } from '../../../src/store/locks.js';
import { thisProcess } from '../../../src/store/process-identity.js';
import { Store } from '../../../src/store/store.js';
import { shortTiming, temporaryFolder } from './temporary-store.js';
import { twoHosts } from './two-hosts.js';

const holderScript = fileURLToPath(new URL('./processes/lock-holder.js', import.meta.url));
const minutes = 60_000;

test('an owner that was silent for too long reads in its lock that another has it, whatever its host remembers', async () => {
  const { near, far, pass } = await twoHosts();
  const first = (await near.store.locks.tryAcquire('a'))!;
  assert.is(await far.store.locks.tryAcquire('a'), undefined);
  pass(2 * minutes + 1);
  assert.ok(await first.isOurs());
  const second = await far.store.locks.tryAcquire('a');
  assert.ok(second);
  assert.not.ok(await first.isOurs());
  assert.ok(first.lost.aborted);
  assert.ok(await second.isOurs());
  await first.release();
  assert.ok(await second.isOurs(), 'who has lost a lock does not take it from its owner');
  await second.release();
  assert.not.ok(second.lost.aborted);
  assert.ok(await near.store.locks.tryAcquire('a'));
});

test('a lock that was taken and given back elsewhere is seen, whatever this host remembers', async () => {
  const { near, far, path } = await twoHosts();
  for (let time = 0; time < 3; time++) {
    for (const { store, other } of [
      { store: near.store, other: far.store },
      { store: far.store, other: near.store },
    ]) {
      const lock = await store.locks.tryAcquire('a');
      assert.ok(lock, `time ${time}`);
      assert.is(await other.locks.tryAcquire('a'), undefined);
      await lock.release();
    }
  }
  assert.equal(readdirSync(join(path, 'locks')), []);
});

test('who comes too late to take over sees so, though its host remembers that nobody had', async () => {
  const { near, far, pass, path } = await twoHosts();
  const dead = Store.open(path, { identity: { host: 'dead', pid: 1, start: 'x' } });
  await dead.locks.tryAcquire('a');
  for (const { store } of [near, far]) assert.is(await store.locks.tryAcquire('a'), undefined);
  pass(1.9 * minutes);
  assert.is(await far.store.locks.tryAcquire('a'), undefined);
  pass(0.2 * minutes);
  assert.ok(await near.store.locks.tryAcquire('a'));
  assert.is(await far.store.locks.tryAcquire('a'), undefined);
});

for (const code of ['EEXIST', 'EIO'] as const) {
  test(`a link that is answered by ${code} though it took effect is a lock taken`, async () => {
    const { near, far, path } = await twoHosts();
    near.client.lyingLinks.push(code);
    const lock = await near.store.locks.tryAcquire('a');
    assert.ok(lock);
    assert.ok(await lock.isOurs());
    assert.is(await far.store.locks.tryAcquire('a'), undefined);
    await lock.release();
    assert.ok(await far.store.locks.tryAcquire('a'));
    assert.equal(readdirSync(join(path, 'tmp')), []);
  });
}

for (const ahead of [-5 * minutes, 5 * minutes]) {
  test(`heartbeats by a clock ${ahead / minutes} minutes ahead keep a lock, and their end gives it up`, async () => {
    const { near, far, pass, path } = await twoHosts();
    const lock = await near.store.locks.tryAcquire('a');
    const beat = () => {
      const seconds = (Date.now() + ahead) / 1000 + Math.random();
      utimesSync(join(path, 'locks', 'a'), seconds, seconds);
    };
    for (let beats = 0; beats < 20; beats++) {
      beat();
      assert.is(await far.store.locks.tryAcquire('a'), undefined, `after ${beats} heartbeats`);
      pass(20_000);
    }
    // What the host remembers of the file's times may be a minute old.
    for (let waited = 0; waited <= minutes; waited += 20_000) {
      assert.is(await far.store.locks.tryAcquire('a'), undefined);
      pass(20_000);
    }
    pass(2 * minutes);
    assert.ok(await far.store.locks.tryAcquire('a'));
    assert.not.ok(await lock!.isOurs());
  });
}

test('short processes that look one after the other find out that an owner elsewhere is silent', async () => {
  const path = join(temporaryFolder(), 'store');
  const far = Store.open(path, { identity: { host: 'far', pid: 1, start: 'x' } });
  await far.objects.put('bytes');
  await far.locks.tryAcquire('gc');
  let now = 0;
  const collectOnce = () => collect(Store.open(path, { clock: () => now }), { limit: () => Number.POSITIVE_INFINITY });
  const refused = async () => assert.instance(await collectOnce().catch((error: unknown) => error), EnvironmentError);
  await refused();
  now = 1.9 * minutes;
  await refused();
  now = 2.1 * minutes;
  await collectOnce();
  // A clock that begins anew, as after a start of the host, says nothing of the time before.
  await far.locks.tryAcquire('gc');
  now = 0;
  await refused();
});

async function holder(path: string, host?: string) {
  const child = fork(holderScript, [path, 'a', ...(host === undefined ? [] : [host])]);
  await once(child, 'message');
  return child;
}

/** Waits for the lock `a` of a store. @returns it, and what was told meanwhile */
async function waitFor(path: string, onWait: (wait: LockWait) => void = () => {}): Promise<Lock> {
  const claimed = await Store.open(path, { timing: shortTiming }).locks.acquire('a', () => undefined, { onWait });
  assert.ok('lock' in claimed);
  return claimed.lock;
}

test('a process of another host that is stopped is taken over, and when it goes on it finds its lock lost', async () => {
  const path = join(temporaryFolder(), 'store');
  const child = await holder(path, 'far');
  child.kill('SIGSTOP');
  const waits: LockWait[] = [];
  const lock = await waitFor(path, (wait) => waits.push(wait));
  assert.ok(waits.some(({ here, silent }) => !here && silent?.takenOverInSeconds !== undefined));
  child.kill('SIGCONT');
  assert.equal(await once(child, 'message'), ['lost', undefined]);
  child.send('release');
  await once(child, 'exit');
  assert.ok(await lock.isOurs());
  await lock.release();
});

if (process.platform === 'linux') {
  test('a process of this host that is stopped is waited for, however long, with a message since when', async () => {
    const path = join(temporaryFolder(), 'store');
    const child = await holder(path);
    child.kill('SIGSTOP');
    let told = 0;
    const waiting = waitFor(path, ({ owner, here, silent }) => {
      if (silent === undefined || silent.seconds < (2 * shortTiming.silenceMilliseconds) / 1000) return;
      assert.is(owner.pid, child.pid);
      assert.ok(here);
      assert.is(silent.takenOverInSeconds, undefined);
      told += 1;
      if (told === 1) child.kill('SIGCONT');
      if (told === 1) child.send('release');
    });
    await (await waiting).release();
    assert.ok(told >= 1);
    if (child.exitCode === null) await once(child, 'exit');
  });
}

/** The words that start a program in namespaces of its own, as another host; undefined where that is not allowed. */
function otherNamespaces(): readonly string[] | undefined {
  const namespaces = ['--uts', '--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
  const ways = [namespaces, ['--user', '--map-root-user', ...namespaces]];
  const way = ways.find((words) => spawnSync('unshare', [...words, 'hostname', 'runflow-far']).status === 0);
  return way && [...way, 'sh', '-c', 'hostname runflow-far; exec "$0" "$@"'];
}

test('of two namespaces neither knows the processes of the other: one that is killed is taken over by silence', async () => {
  const words = otherNamespaces();
  if (words === undefined) {
    console.log('skipped: two hosts on one machine need unshare, which is not allowed here');
    return;
  }
  const path = join(temporaryFolder(), 'store');
  const child: ChildProcess = spawn('unshare', [...words, process.execPath, holderScript, path, 'a'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [host] = (await once(child, 'message')) as [string];
  assert.is.not(host, thisProcess().host);
  const { locks } = Store.open(path, { timing: shortTiming });
  assert.is(await locks.tryAcquire('a'), undefined);
  // Longer than it would take to take over a silent one: its heartbeat is seen.
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 2 * shortTiming.silenceMilliseconds);
  const waited = await locks.acquire('a', () => undefined, { signal: stop.signal }).catch(() => 'interrupted');
  assert.is(waited, 'interrupted');
  child.kill('SIGKILL');
  const waits: LockWait[] = [];
  const begun = performance.now();
  const lock = await waitFor(path, (wait) => waits.push(wait));
  assert.ok(performance.now() - begun > 0.8 * shortTiming.silenceMilliseconds);
  assert.ok(waits.every(({ hostName, here }) => hostName === 'runflow-far' && !here));
  assert.ok(waits.some(({ silent }) => silent !== undefined));
  await lock.release();
});

test('of two machines of one name neither takes the processes of the other for its own', async () => {
  const folder = temporaryFolder();
  const boot = join(folder, 'boot_id');
  writeFileSync(boot, '00000000-0000-4000-8000-000000000000\n');
  const words = ['--mount', 'sh', '-c', 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"', boot];
  if (spawnSync('unshare', [...words, 'true']).status !== 0) {
    console.log(
      'skipped: a machine that was started at another time needs unshare and mount, which are not allowed here',
    );
    return;
  }
  const path = join(folder, 'store');
  const child: ChildProcess = spawn('unshare', [...words, process.execPath, holderScript, path, 'a'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [host] = (await once(child, 'message')) as [string];
  assert.is.not(host, thisProcess().host);
  const { locks } = Store.open(path, { timing: shortTiming });
  assert.is(await locks.tryAcquire('a'), undefined);
  child.send('release');
  await once(child, 'exit');
  assert.ok(await locks.tryAcquire('a'));
});

test.run();
