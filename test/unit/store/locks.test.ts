import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InterruptedError } from '../../../src/diagnostics/errors.js';
import { realDisk } from '../../../src/store/disk.js';
import type { Lock, LockWait } from '../../../src/store/locks.js';
import { formatIdentity, liveness, parseIdentity, thisProcess } from '../../../src/store/process-identity.js';
import { Store } from '../../../src/store/store.js';
import { actionOf, keyOf, shortTiming, temporaryFolder } from './temporary-store.js';

const processes = new URL('./processes/', import.meta.url);
const open = () => Store.open(join(temporaryFolder(), 'store'));
const holder = async (store: Store, name: string) => {
  const child = fork(new URL('lock-holder.js', processes), [store.path, name]);
  await once(child, 'message');
  return child;
};

test('a process knows itself, its parent and the dead apart', async () => {
  const self = thisProcess();
  assert.equal(parseIdentity(formatIdentity(self)), self);
  assert.is(liveness(self), process.platform === 'linux' ? 'alive' : 'unknown');
  if (process.platform === 'linux') assert.is(liveness({ ...self, start: 'another boot-1' }), 'dead');
  assert.is(liveness({ ...self, host: 'another host' }), 'unknown');
  assert.not.ok(self.host.includes(hostname()), 'the name of the host must not end up in file names');
  const child = fork(new URL('lock-holder.js', processes), [temporaryFolder(), 'x']);
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.is(liveness({ ...self, pid: child.pid! }), 'dead');
});

test('one holds a lock, others wait until it is released', async () => {
  const store = open();
  const lock = await store.locks.tryAcquire('a');
  assert.ok(lock);
  assert.is(await Store.open(store.path).locks.tryAcquire('a'), undefined);
  assert.is(await store.locks.tryAcquire('a'), undefined);
  assert.equal(store.locks.held(), ['a']);
  const other = await store.locks.tryAcquire('b');
  assert.ok(other);
  await lock.release();
  await lock.release();
  assert.equal(store.locks.held(), ['b']);
  await (await store.locks.tryAcquire('a'))?.release();
  await other.release();
  assert.equal(readdirSync(join(store.path, 'locks')), []);
  assert.equal(readdirSync(join(store.path, 'tmp')), []);
});

test('a lock dies with its owner, however often owners die', async () => {
  const store = open();
  for (let death = 0; death < 3; death++) {
    const child = await holder(store, 'a');
    assert.is(await store.locks.tryAcquire('a'), undefined);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(store.locks.held(), []);
  }
  assert.ok(readdirSync(join(store.path, 'locks')).length >= 3, 'the records of the dead are still there');
  const lock = await store.locks.tryAcquire('a');
  assert.ok(lock);
  assert.is(await store.locks.tryAcquire('a'), undefined);
  await lock.release();
  assert.equal(readdirSync(join(store.path, 'locks')), []);
});

test('records of the dead are swept, those of the living stay', async () => {
  const store = open();
  const dead = await holder(store, 'dead');
  const alive = await holder(store, 'alive');
  dead.kill('SIGKILL');
  await once(dead, 'exit');
  // What is left when the end of a chain is killed while it removes the chain.
  const file = (name: string) => join(store.path, 'locks', name);
  writeFileSync(file('torn-off.0123456789abcdef'), readFileSync(file('dead')));
  await store.locks.sweep();
  assert.equal(readdirSync(join(store.path, 'locks')), ['alive']);
  alive.send('release');
  await once(alive, 'exit');
  assert.equal(readdirSync(join(store.path, 'locks')), []);
});

test('a living owner behind dead ones survives a sweep', async () => {
  const store = open();
  for (let death = 0; death < 2; death++) {
    const child = await holder(store, 'a');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const lock = await store.locks.tryAcquire('a');
  await store.locks.sweep();
  assert.is(await Store.open(store.path).locks.tryAcquire('a'), undefined);
  await lock!.release();
});

test('an owner that cannot be looked at is given time, and its heartbeat counts', async () => {
  const store = open();
  await (await store.locks.tryAcquire('a'))!.release();
  const file = join(store.path, 'locks', 'a');
  writeFileSync(file, JSON.stringify({ token: 'far', owner: { host: 'far', pid: 1, start: 'x' } }));
  let now = 5;
  const { locks } = Store.open(store.path, { clock: () => now });
  assert.is(await locks.tryAcquire('a'), undefined);
  now = 110_000;
  assert.is(await locks.tryAcquire('a'), undefined);
  utimesSync(file, 5, 5);
  assert.is(await locks.tryAcquire('a'), undefined);
  now = 220_000;
  assert.is(await locks.tryAcquire('a'), undefined);
  now = 240_000;
  const lock = await locks.tryAcquire('a');
  assert.ok(lock);
  await lock.release();
});

test('a lock file that a power cut left empty holds nobody up', async () => {
  const store = open();
  await (await store.locks.tryAcquire('a'))!.release();
  writeFileSync(join(store.path, 'locks', 'a'), '');
  const lock = await store.locks.tryAcquire('a');
  assert.ok(lock);
  assert.is(await store.locks.tryAcquire('a'), undefined);
  await lock.release();
  assert.equal(readdirSync(join(store.path, 'locks')), []);
});

test('who waits for a key reads what the other recorded', async () => {
  const store = open();
  const first = (await store.claim(keyOf('a'))) as { lock: Lock };
  const waited: number[] = [];
  const second = Store.open(store.path).claim(keyOf('a'), { onWait: ({ owner }) => waited.push(owner.pid) });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const action = actionOf('a', { u: await store.objects.put('u') });
  await store.actions.record(action);
  assert.equal(await second, { action }, 'it does not wait for the lock itself');
  await first.lock.release();
  assert.equal(waited, [process.pid]);
  assert.equal(store.locks.held(), []);
  const forced = await store.claim(keyOf('a'), { force: true });
  assert.ok('lock' in forced);
  await forced.lock.release();
});

test('who waits is told of a silent owner, how long it is silent and when it is taken over, which then happens', async () => {
  const store = open();
  await (await store.locks.tryAcquire('a'))!.release();
  const far = { host: 'far', pid: 7, start: 'x' };
  writeFileSync(join(store.path, 'locks', 'a'), JSON.stringify({ token: 'theirs', owner: far }));
  const waits: LockWait[] = [];
  const { locks } = Store.open(store.path, { timing: { ...shortTiming, silenceMilliseconds: 400 } });
  const claimed = await locks.acquire('a', () => undefined, { onWait: (wait) => waits.push(wait) });
  assert.ok('lock' in claimed);
  assert.equal(waits[0], { owner: far, here: false });
  const told = waits.slice(1);
  assert.ok(told.length >= 2, `${told.length} reports`);
  for (const { silent } of told) {
    const { seconds, takenOverInSeconds = Number.NaN } = silent!;
    assert.ok(seconds >= 0.1 && takenOverInSeconds <= 0.3);
    assert.ok(Math.abs(seconds + takenOverInSeconds - 0.4) < 1e-9 || takenOverInSeconds === 0);
  }
  if ('lock' in claimed) await claimed.lock.release();
});

test('who waits for many locks looks at one after the other, and seldom where looking takes long', async () => {
  const store = open();
  const names = Array.from({ length: 20 }, (_, index) => `lock-${index}`);
  for (const name of names) assert.ok(await store.locks.tryAcquire(name));
  const callMilliseconds = 2;
  const slowly = ((...rest: Parameters<typeof realDisk.readFileSync>) => {
    for (const until = performance.now() + callMilliseconds; performance.now() < until; );
    return realDisk.readFileSync(...rest);
  }) as typeof realDisk.readFileSync;
  const disk = Object.assign({}, realDisk, { readFileSync: slowly });
  const other = Store.open(store.path, { timing: shortTiming, disk });
  let looks = 0;
  const stop = new AbortController();
  const waits = names.map((name) => {
    const ready = () => {
      looks += 1;
      return undefined;
    };
    return other.locks.acquire(name, ready, { signal: stop.signal }).catch(() => undefined);
  });
  const begun = performance.now();
  await new Promise((resume) => setTimeout(resume, 500));
  // Each look reads the lock, and whether another record follows.
  const most = names.length + (performance.now() - begun) / (10 * 2 * callMilliseconds) + 1;
  stop.abort();
  await Promise.all(waits);
  assert.ok(looks > names.length && looks <= most, `${looks} looks, at most ${most}`);
});

test('waiting ends when the run is interrupted', async () => {
  const store = open();
  await store.claim(keyOf('a'));
  const abort = new AbortController();
  const waiting = store.claim(keyOf('a'), { signal: abort.signal });
  abort.abort();
  const error = await waiting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, InterruptedError);
});

test('runners that share a store do each step once, and one that is killed in a step costs that step only', async () => {
  const store = open();
  const journal = join(temporaryFolder(), 'journal');
  const steps = 25;
  const children = [undefined, '7', '15', undefined].map((fatal) =>
    fork(new URL('contender.js', processes), [store.path, String(steps), journal, ...(fatal ? [fatal] : [])]),
  );
  await Promise.all(children.map((child) => once(child, 'exit')));
  const killed = new Set(children.filter((child) => child.signalCode === 'SIGKILL').map((child) => child.pid));
  const lines = readFileSync(journal, 'utf8').trim().split('\n');
  const running = new Map<string, string>();
  const done = new Map<string, number>();
  for (const line of lines) {
    const [event, step, pid] = line.split(' ') as [string, string, string];
    if (event === 'begin') {
      const other = running.get(step);
      assert.ok(other === undefined || killed.has(Number(other)), `two do step ${step} at once`);
      running.set(step, pid);
    } else {
      running.delete(step);
      done.set(step, (done.get(step) ?? 0) + 1);
    }
  }
  assert.is(done.size, steps);
  for (const [step, times] of done) assert.is(times, 1, `step ${step}`);
  for (let step = 0; step < steps; step++) assert.is(store.lookUp(keyOf(String(step))).status, 'hit');
  assert.equal(store.locks.held(), []);
  assert.ok(existsSync(journal));
});

test.run();
