import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, RunflowError } from '../../../src/diagnostics/errors.js';
import type { Artifact } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { collect } from '../../../src/store/collect.js';
import { type Disk, realDisk } from '../../../src/store/disk.js';
import { listActions, listObjects } from '../../../src/store/inventory.js';
import { Store } from '../../../src/store/store.js';
import { failingDisk } from './failing-disk.js';
import { actionOf, keyOf, temporaryFolder } from './temporary-store.js';

/** All that a run does with the store, in one small step. */
async function smallRun(path: string, source: string, disk: Disk = realDisk): Promise<void> {
  const store = Store.open(path, { disk });
  const run = await store.runs.begin({ name: 'w', file: 'w.yaml' });
  const [digest] = await store.files.hash(source, [{ offset: 2, bytes: 4 }]);
  const external: Artifact = { digest: digest!, bytes: 4, at: { file: source, offset: 2 } };
  if (store.lookUp(keyOf('a'), { run, step: 'a' }).status !== 'hit') {
    const claimed = await store.claim(keyOf('a'));
    if ('lock' in claimed) {
      try {
        await store.scratch.take(keyOf('a'), claimed.lock.token);
        const bytes = await store.read(external);
        const writer = await store.objects.writer();
        await writer.append(bytes);
        await writer.append(Buffer.from(' written'));
        const u = await writer.close();
        const s = await store.objects.put('small');
        await store.actions.record(actionOf('a', { u, s, external }));
        assert.ok(await claimed.lock.isOurs());
        await store.scratch.remove(keyOf('a'), claimed.lock.token);
      } finally {
        await claimed.lock.release();
      }
    }
  }
  const found = store.lookUp(keyOf('a'), { run, step: 'a' });
  assert.is(found.status, 'hit');
  if (found.status === 'hit') {
    assert.is(Buffer.from(await store.read(found.action.outputs.u!)).toString(), 'urce written');
    assert.is(Buffer.from(await store.read(found.action.outputs.s!, 1, 3)).toString(), 'mal');
  }
  await run.finish('done');
}

/** What must hold at every moment: all that is visible is whole. */
function assertSound(path: string): void {
  const store = Store.open(path);
  for (const { digest, path: file, bytes } of listObjects(store.folder)) {
    const found = readFileSync(file);
    assert.is(digestOf(found), digest);
    assert.is(found.length, bytes);
  }
  for (const { key, action } of listActions(store)) {
    assert.is.not(action, 'garbage');
    assert.is(store.lookUp(key).status, 'hit');
  }
}

/** Only then is its digest remembered on disk. */
async function olderThanRacyWindow(file: string): Promise<void> {
  while (Date.now() - statSync(file).ctimeMs < 2100) await new Promise((resolve) => setTimeout(resolve, 50));
}

function makeSource(): string {
  const source = join(temporaryFolder(), 'source');
  writeFileSync(source, 'source bytes');
  return source;
}

for (const [code, how] of [
  ['ENOSPC', 'once'],
  ['EIO', 'from-then-on'],
] as const) {
  test(`whichever disk call fails (${code}, ${how}), nothing torn is visible and the next run succeeds`, async () => {
    const source = makeSource();
    await olderThanRacyWindow(source);
    let failures = 0;
    for (let call = 1; ; call++) {
      const path = join(temporaryFolder(), 'store');
      const { disk, calls } = failingDisk({ call, code, how });
      const error = await smallRun(path, source, disk).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) {
        failures += 1;
        assert.instance(error, RunflowError, `call ${call}: ${(error as Error).stack}`);
      }
      assertSound(path);
      await smallRun(path, source);
      assertSound(path);
      if (calls() < call) break;
    }
    assert.ok(failures > 50, `only ${failures} calls failed`);
  });
}

test('whichever disk call fails in a gc, what is left is whole', async () => {
  const source = makeSource();
  for (let call = 1; ; call++) {
    const path = join(temporaryFolder(), 'store');
    await smallRun(path, source);
    const store = Store.open(path);
    for (const run of store.runs.list()) await store.runs.remove(run.id);
    for (const { path: file } of [...listObjects(store.folder), ...listActions(store)]) utimesSync(file, 1, 1);
    const { disk, calls } = failingDisk({ call, code: 'EIO', how: 'from-then-on' });
    const error = await (async () => collect(Store.open(path, { disk }), { limit: () => 0 }))().catch(
      (reason: unknown) => reason,
    );
    if (error instanceof Error) assert.instance(error, EnvironmentError, `call ${call}: ${error.stack}`);
    assertSound(path);
    await smallRun(path, source);
    if (calls() < call) break;
  }
});

test('a write that the disk takes only in parts is completed', async () => {
  const store = Store.open(join(temporaryFolder(), 'store'));
  const { disk } = failingDisk({ call: Number.POSITIVE_INFINITY, code: 'EIO', how: 'once' });
  const stingy = new Proxy(disk, {
    get(target, name) {
      if (name !== 'promises') return Reflect.get(target, name) as unknown;
      return new Proxy(target.promises, {
        get(promises, call) {
          const value = Reflect.get(promises, call) as (...rest: unknown[]) => Promise<unknown>;
          if (call !== 'open') return value;
          return async (...rest: unknown[]) => {
            const opened = (await value(...rest)) as { write: (b: Uint8Array, o: number, n: number) => unknown };
            const write = opened.write;
            return new Proxy(opened, {
              get: (object, key) =>
                key === 'write'
                  ? (bytes: Uint8Array, offset: number, length: number) => write(bytes, offset, Math.min(length, 3))
                  : Reflect.get(object, key),
            });
          };
        },
      });
    },
  });
  const object = await Store.open(store.path, { disk: stingy }).objects.put('much more than three bytes');
  assert.is(object.digest, digestOf('much more than three bytes'));
  assert.is(Buffer.from(await store.objects.read(object)).toString(), 'much more than three bytes');
});

test('writers killed at any moment leave only whole objects, and temporary files that gc sweeps', async () => {
  const path = join(temporaryFolder(), 'store');
  const store = Store.open(path);
  const told: string[] = [];
  for (let round = 0; round < 6; round++) {
    const children = [0, 1].map(() => fork(new URL('./processes/object-writer.js', import.meta.url), [path]));
    for (const child of children) child.on('message', (name: string) => told.push(name));
    await Promise.all(children.map((child) => once(child, 'message')));
    await new Promise((resolve) => setTimeout(resolve, round * 7));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => once(child, 'exit')));
    assertSound(path);
  }
  for (const name of told) assert.is(store.lookUp(keyOf(name)).status, 'hit', name);
  await collect(store, { limit: () => Number.POSITIVE_INFINITY });
  assert.equal(readdirSync(join(path, 'tmp')), []);
  for (const name of told) assert.is(store.lookUp(keyOf(name)).status, 'hit', name);
});

/** Mounts a file system of 4 MiB in memory for a test; without the right to, it is skipped in so many words. */
async function onSmallDisk(use: (path: string, remount: (option: string) => void) => Promise<void>): Promise<void> {
  const path = temporaryFolder();
  const run = (program: string, ...rest: string[]) => execFileSync(program, [...rest, path], { stdio: 'ignore' });
  try {
    run('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs');
  } catch {
    console.log('skipped: full and read-only disks can be tried only by a user who may mount a tmpfs');
    return;
  }
  try {
    await use(path, (option) => run('mount', '-o', `remount,${option}`));
  } finally {
    run('umount', '-l');
  }
}

test('on a full disk the step fails with what to do, and what was finished stays', () =>
  onSmallDisk(async (path) => {
    const store = Store.open(join(path, 'store'));
    await store.actions.record(actionOf('a', { u: await store.objects.put(Buffer.alloc(1 << 20, 1)) }));
    const writer = await store.objects.writer();
    const full = await (async () => {
      for (;;) await writer.append(Buffer.alloc(1 << 20, 2));
    })().catch((reason: unknown) => reason);
    assert.instance(full, EnvironmentError);
    assert.match(
      (full as Error).message,
      /the disk is full \(ENOSPC\): no space left for .*store while writing an object/,
    );
    assert.match((full as EnvironmentError).hint!, /runflow cache gc/);
    assert.equal(readdirSync(join(store.path, 'tmp')), []);
    assertSound(store.path);
    assert.is(store.lookUp(keyOf('a')).status, 'hit');

    await store.objects.put(Buffer.alloc(2 << 20, 3));
    const filler = join(path, 'filler');
    assert.throws(() => writeFileSync(filler, Buffer.alloc(4 << 20)));
    const refused = await store.actions.record(actionOf('b', {})).catch((reason: unknown) => reason);
    assert.instance(refused, EnvironmentError);
    assert.is(store.lookUp(keyOf('b')).status, 'absent');
    assertSound(store.path);
  }));

test('a read-only store is read, and says that it cannot be written', () =>
  onSmallDisk(async (disk, remount) => {
    const path = join(disk, 'store');
    const source = makeSource();
    await smallRun(path, source);
    remount('ro');
    const store = Store.open(path);
    const found = store.lookUp(keyOf('a'));
    assert.ok(found.status === 'hit');
    assert.is(Buffer.from(await store.read(found.action.outputs.s!)).toString(), 'small');
    assert.is((await store.files.hash(source, [{ offset: 0, bytes: 3 }]))[0], digestOf('sou'));
    assert.is((await collect(store, { limit: () => 0, dryRun: true })).actions.length, 0);
    for (const write of [
      () => store.objects.put('x'),
      () => store.actions.record(actionOf('b', {})),
      () => store.runs.begin({ name: 'w', file: 'w.yaml' }),
      () => store.locks.tryAcquire('a'),
      () => store.scratch.take(keyOf('c'), 'token'),
    ]) {
      const error = await Promise.resolve(write()).catch((reason: unknown) => reason);
      assert.instance(error, EnvironmentError);
      assert.match((error as Error).message, /the file system is read-only \(EROFS\)/);
      assert.match((error as EnvironmentError).hint!, /--store/);
    }
  }));

test.run();
