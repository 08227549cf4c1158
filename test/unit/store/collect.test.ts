import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, UsageError } from '../../../src/diagnostics/errors.js';
import type { Artifact } from '../../../src/formats/artifact.js';
import { type Digest, digestOf, hexOf } from '../../../src/formats/digest.js';
import { collect, keepWithinLimit } from '../../../src/store/collect.js';
import { realDisk } from '../../../src/store/disk.js';
import { listFiles } from '../../../src/store/folder-entries.js';
import { listObjects, usage } from '../../../src/store/inventory.js';
import type { Lock } from '../../../src/store/locks.js';
import { formatIdentity, thisProcess } from '../../../src/store/process-identity.js';
import type { ActiveRun } from '../../../src/store/runs.js';
import { sizeLimit } from '../../../src/store/size-limit.js';
import { Store } from '../../../src/store/store.js';
import { verifyStore } from '../../../src/store/verify.js';
import { actionOf, keyOf, temporaryFolder } from './temporary-store.js';

const kilobyte = 1024;
const hour = 3600_000;

/** A step `name` with one output of about `kilobytes`, made `hoursAgo`. */
async function make(store: Store, name: string, kilobytes: number, hoursAgo: number): Promise<Artifact> {
  const output = await store.objects.put(Buffer.alloc(kilobytes * kilobyte, name));
  const action = actionOf(name, { output });
  await store.actions.record(action);
  age(store.folder.object(output.digest), hoursAgo);
  age(store.folder.action(action.key), hoursAgo);
  return output;
}

function age(path: string, hours: number): void {
  const seconds = (Date.now() - hours * hour) / 1000;
  utimesSync(path, seconds, seconds);
}

async function run(store: Store, workflow: string, names: readonly string[], hoursAgo = 0): Promise<ActiveRun> {
  const active = await store.runs.begin({ name: workflow, file: `${workflow}.yaml` });
  for (const name of names) store.lookUp(keyOf(name), { run: active, step: `svd[${name}]` });
  const started = new Date(Date.now() - hoursAgo * hour).toISOString();
  await store.runs.write({ ...active.record, started });
  return active;
}

const open = () => Store.open(join(temporaryFolder(), 'store'));
const hits = (store: Store, ...names: string[]) =>
  names.filter((name) => store.lookUp(keyOf(name)).status === 'hit').join(' ');
const to = (bytes: number) => ({ limit: () => bytes });

async function bytesOnDisk(store: Store): Promise<number> {
  return Object.values(usage(store.folder)).reduce((total, bytes) => total + bytes, 0);
}

test('below the limit only what nobody can need goes', async () => {
  const store = open();
  await make(store, 'a', 10, 99);
  const orphan = await store.objects.put('of a killed run');
  age(store.folder.object(orphan.digest), 1);
  const collection = await collect(store, to(Number.POSITIVE_INFINITY));
  assert.is(hits(store, 'a'), 'a');
  assert.not.ok(store.objects.has(orphan));
  assert.is(collection.objects, 1);
  assert.is(collection.bytesBefore - collection.bytesAfter, 15);
  assert.is(collection.bytesAfter, await bytesOnDisk(store));
});

test('over the limit what was used longest ago goes first, and what is freed is what was said', async () => {
  const store = open();
  for (const [name, hoursAgo] of [
    ['a', 40],
    ['b', 30],
    ['c', 20],
    ['d', 10],
  ] as const) {
    await make(store, name, 100, hoursAgo);
  }
  // A later use counts more than the time it was made.
  for (const name of ['x', 'y', 'z']) await (await run(store, 'w', [name], 1)).finish('done');
  await (await run(store, 'w', ['a'], 15)).finish('done');
  const limit = (await bytesOnDisk(store)) - 150 * kilobyte;
  const dry = await collect(store, { ...to(limit), dryRun: true });
  assert.is(hits(store, 'a', 'b', 'c', 'd'), 'a b c d');
  const collection = await collect(store, to(limit));
  assert.is(hits(store, 'a', 'b', 'c', 'd'), 'a d');
  assert.equal(collection, dry);
  assert.equal(
    collection.actions.map(({ step }) => step),
    ['svd[b]', 'svd[c]'],
  );
  assert.ok(collection.bytesAfter <= limit);
  assert.is(collection.bytesAfter, await bytesOnDisk(store));
  assert.is(listObjects(store.folder).length, 2);
});

test('an object that another action names stays', async () => {
  const store = open();
  const output = await make(store, 'a', 100, 40);
  await make(store, 'b', 1, 1);
  const both = actionOf('b', { output });
  await store.actions.record(both);
  age(store.folder.object(output.digest), 40);
  await (await run(store, 'w', ['b'])).finish('done');
  await collect(store, to(0));
  assert.is(hits(store, 'a', 'b'), 'b');
});

test('recent, pinned and running runs keep what they used, whatever the limit', async () => {
  const store = open();
  const names = ['oldest', 'pinned', 'third', 'second', 'newest', 'other', 'running', 'killed'];
  for (const name of names) await make(store, name, 10, 99);
  for (const [name, hoursAgo] of [
    ['oldest', 9],
    ['pinned', 8],
    ['third', 7],
    ['second', 6],
    ['newest', 5],
  ] as const) {
    const done = await run(store, 'w', [name], hoursAgo);
    await done.finish('done');
    if (name === 'pinned') await store.runs.write({ ...store.runs.get(done.record.id)!, pinned: true });
  }
  assert.is(store.runs.list().length, 5);
  await (await run(store, 'another', ['other'])).finish('failed');
  const running = await run(store, 'w2', ['running'], 24 * 40);
  const killed = await run(store, 'w3', ['killed'], 24 * 40);
  await store.runs.write({
    ...store.runs.get(killed.record.id)!,
    owner: { ...thisProcess(), pid: 2 ** 22 + 1 },
  });
  const collection = await collect(store, to(0));
  assert.is(hits(store, ...names), 'pinned third second newest other running');
  assert.ok(collection.bytesAfter > 0);
  assert.is(collection.neededBytes, 6 * 10 * kilobyte);
  await running.finish('done');
});

test('a key in work is spared, and so is what a running run has just written', async () => {
  const store = open();
  await make(store, 'in work', 10, 99);
  const claimed = (await store.claim(keyOf('in work'), { force: true })) as { lock: Lock };
  const active = await run(store, 'w', []);
  const fresh = await store.objects.put('not yet recorded');
  await collect(store, to(0));
  assert.is(hits(store, 'in work'), 'in work');
  assert.ok(store.objects.has(fresh));
  await claimed.lock.release();
  await active.finish('done');
  await collect(store, to(0));
  assert.is(hits(store, 'in work'), '');
});

test('a run that begins to use an action while gc takes it away gets it back', async () => {
  const path = open().path;
  const store = Store.open(path);
  await make(store, 'a', 10, 99);
  await make(store, 'b', 10, 99);
  const runner = Store.open(path);
  const active = await run(runner, 'w', []);
  // The run looks `a` up between gc's choice and its taking away.
  const interfering = {
    ...realDisk,
    promises: {
      ...realDisk.promises,
      rename: async (from: string, target: string) => {
        if (from === store.folder.action(keyOf('a'))) {
          assert.is(runner.lookUp(keyOf('a'), { run: active, step: 's' }).status, 'hit');
        }
        return realDisk.promises.rename(from, target);
      },
    },
  };
  const collection = await collect(Store.open(path, { disk: interfering as unknown as typeof realDisk }), to(0));
  assert.is(hits(runner, 'a', 'b'), 'a');
  assert.equal(
    collection.actions.map(({ step }) => step),
    ['svd[b]'],
  );
  await active.finish('done');
});

test('left-overs of dead processes go, those of the living stay', async () => {
  let now = 0;
  const store = Store.open(open().path, { clock: () => now });
  await make(store, 'done', 1, 1);
  const temporary = (pid: number) =>
    join(store.path, 'tmp', `${formatIdentity({ ...thisProcess(), pid })}.0123456789ab`);
  writeFileSync(temporary(2 ** 22 + 1), 'dead');
  writeFileSync(temporary(process.pid), 'alive');
  const elsewhere = join(store.path, 'tmp', 'elsewhere.1.x.0');
  writeFileSync(elsewhere, 'unknown');
  writeFileSync(join(store.path, 'tmp', 'silent.1.x.0'), 'unknown');
  const look = join(store.path, 'locks', '.look-silent.1.x.0');
  mkdirSync(look);
  const seen = await collect(store, { ...to(Number.POSITIVE_INFINITY), dryRun: true });
  assert.equal(
    seen.litter.map(({ path }) => path),
    [temporary(2 ** 22 + 1)],
    'what is seen for the first time may be alive',
  );
  now = 121_000;
  age(elsewhere, 25);
  for (const name of ['done', 'in work', 'killed lately', 'killed long ago']) {
    const folder = join(store.folder.scratch(keyOf(name)), 'token');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'state'), name);
  }
  for (const path of ['', 'token', 'token/state'])
    age(join(store.folder.scratch(keyOf('killed long ago')), path), 15 * 24);
  const claimed = (await store.claim(keyOf('in work'))) as { lock: Lock };
  const gone = join(temporaryFolder(), 'gone');
  const dead = store.folder.fileRecord(digestOf(gone));
  mkdirSync(join(dead, '..'), { recursive: true });
  writeFileSync(dead, 'torn');
  for (let count = 0; count < 25; count++) await (await run(store, 'w', ['done'])).finish('done');

  const collection = await collect(store, to(Number.POSITIVE_INFINITY));
  assert.equal(readdirSync(join(store.path, 'tmp')).length, 2);
  assert.ok(existsSync(elsewhere));
  assert.not.ok(existsSync(look));
  assert.equal(
    readdirSync(join(store.path, 'scratch')).sort(),
    ['in work', 'killed lately'].map((name) => hexOf(keyOf(name))).sort(),
  );
  assert.not.ok(existsSync(dead));
  assert.is(store.runs.list().length, 20);
  assert.equal([...new Set(collection.litter.map(({ what }) => what))].sort(), [
    'file record',
    'run record',
    'scratch folder',
    'temporary file',
  ]);
  assert.is(collection.litter.length, 3 + 2 + 1 + 5);
  await claimed.lock.release();
});

for (const minutes of [-5, 5]) {
  test(`what a running run has just written is spared by a gc whose clock is ${minutes} minutes ahead`, async () => {
    const store = open();
    const active = await run(store, 'w', [], -minutes / 60);
    const fresh = await store.objects.put('not yet recorded');
    const orphan = await store.objects.put('of a killed run');
    age(store.folder.object(orphan.digest), 1);
    const now = Date.now;
    Date.now = () => now() + minutes * 60_000;
    try {
      await collect(store, to(0));
    } finally {
      Date.now = now;
    }
    assert.ok(store.objects.has(fresh));
    assert.not.ok(store.objects.has(orphan));
    await active.finish('done');
  });
}

/** What gc calls right before it is stopped for so long that another takes over. */
const stops = {
  'before left-overs go': ({ folder }: Store) => [folder, 'time'],
  'while locks are swept': ({ locks }: Store) => [locks, 'sweep'],
  'while actions are taken away': ({ folder }: Store) => [folder, 'temporary'],
} as const;
type Moment = keyof typeof stops;
const moments = Object.keys(stops) as Moment[];

for (const [index, moment] of moments.entries()) {
  test(`a gc that another takes over from ${moment} throws nothing away any more`, async () => {
    const path = open().path;
    let now = 0;
    const other = Store.open(path, { identity: { host: 'far', pid: 1, start: 'x' }, clock: () => now });
    await make(other, 'a', 10, 99);
    const orphan = await other.objects.put('of a killed run');
    age(other.folder.object(orphan.digest), 99);
    const leftOver = join(path, 'tmp', `${formatIdentity({ ...thisProcess(), pid: 2 ** 22 + 1 })}.0123456789ab`);
    writeFileSync(leftOver, 'dead');
    const stopped = Store.open(path);
    const [owner, name] = stops[moment](stopped) as unknown as [Record<string, () => Promise<unknown>>, string];
    const call = owner[name]!.bind(owner);
    owner[name] = async () => {
      // Names of temporary files are asked for before, too.
      if (now > 0 || (name === 'temporary' && existsSync(leftOver))) return call();
      assert.is(await other.locks.tryAcquire('gc'), undefined);
      now = 121_000;
      assert.ok(await other.locks.tryAcquire('gc'), 'it is taken over');
      return call();
    };
    const error = await collect(stopped, to(0)).catch((reason: unknown) => reason);
    assert.match((error as Error).message, /another process tidies the store .*no sign of life/);
    const left = [existsSync(leftOver), hits(other, 'a') === 'a', other.objects.has(orphan)];
    assert.equal(left, [index < 1, index < 2, true], 'left-over, action and object');
  });
}

test('two cannot collect at once', async () => {
  const store = open();
  await make(store, 'a', 1, 1);
  const lock = await store.locks.tryAcquire('gc');
  const error = await collect(Store.open(store.path), to(0)).catch((reason: unknown) => reason);
  assert.instance(error, EnvironmentError);
  await lock!.release();
});

test('a run that has grown the store over its limit collects, one that has not does not', async () => {
  const store = open();
  await make(store, 'a', 100, 99);
  assert.is(await keepWithinLimit(store, '1MiB'), undefined);
  assert.is(hits(store, 'a'), 'a');
  assert.is((await keepWithinLimit(store, '50KiB'))?.actions.length, 1);
  assert.is(hits(store, 'a'), '');
});

test('the limit is what the user says, or fits the disk', () => {
  const disk = (free: number) => ({ ...realDisk, statfsSync: () => ({ bavail: free, bsize: 1 }) }) as never;
  const gibibyte = 2 ** 30;
  assert.is(sizeLimit('none', '/', 0, disk(0)), Number.POSITIVE_INFINITY);
  assert.is(sizeLimit('20GiB', '/', 0, disk(0)), 20 * gibibyte);
  assert.is(sizeLimit('1.5 TB', '/', 0, disk(0)), 1.5e12);
  assert.is(sizeLimit(undefined, '/', 0, disk(1000 * gibibyte)), 50 * gibibyte);
  assert.is(sizeLimit('', '/', 10 * gibibyte, disk(10 * gibibyte)), 10 * gibibyte);
  assert.ok(sizeLimit(undefined, join(temporaryFolder(), 'not', 'made', 'yet'), 0, realDisk) > 0);
  for (const bad of ['plenty', '-1', '5 XB', '1e3', '10bb']) {
    assert.throws(
      () => sizeLimit(bad, '/', 0, realDisk),
      (error: unknown) => error instanceof UsageError,
    );
  }
});

test('verify names what is damaged with the steps that need it, throws it away, and finds the rest sound', async () => {
  const store = open();
  const sound = await make(store, 'sound', 5, 1);
  const damaged = await make(store, 'damaged', 5, 1);
  const missing = await make(store, 'missing', 5, 1);
  await make(store, 'torn', 5, 1);
  const { chmodSync, rmSync, readFileSync } = realDisk;
  const file = store.folder.object(damaged.digest);
  const bytes = readFileSync(file);
  bytes[100]! ^= 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
  rmSync(store.folder.object(missing.digest), { force: true });
  writeFileSync(store.folder.action(keyOf('torn')), '{"key":');

  const damage: [string, readonly string[]][] = [];
  const looked: Digest[] = [];
  for await (const finding of verifyStore(store)) {
    if (finding.type === 'object') looked.push(finding.digest);
    else damage.push([`${finding.what} ${finding.problem}`, finding.steps]);
  }
  assert.is(looked.length, 3);
  assert.is(damage.length, 3);
  assert.match(damage[0]![0], new RegExp(`action ${keyOf('torn')} its record is not whole`));
  assert.match(damage[1]![0], new RegExp(`object ${damaged.digest} is damaged: its bytes have digest sha256:`));
  assert.equal(damage[1]![1], ['test: svd[damaged]']);
  assert.match(damage[2]![0], new RegExp(`object ${missing.digest} is missing`));
  assert.equal(damage[2]![1], ['test: svd[missing]']);
  assert.not.ok(existsSync(file));
  assert.ok(store.objects.has(sound));
  assert.is(store.lookUp(keyOf('damaged')).status, 'missing-object');

  const again: string[] = [];
  for await (const finding of verifyStore(store)) if (finding.type === 'damage') again.push(finding.problem);
  assert.equal(again, ['is missing', 'is missing']);
});

type Obstacle = (path: string) => void;
const obstacles: Readonly<Record<string, Obstacle>> = {
  folder: (path) => {
    mkdirSync(join(path, 'inside'), { recursive: true });
    writeFileSync(join(path, 'inside', 'file'), '');
  },
  'link that leads nowhere': (path) => symlinkSync('nowhere', path),
  'link to itself': (path) => symlinkSync(path, path),
  pipe: (path) => execFileSync('mkfifo', [path]),
};
for (const [name, put] of Object.entries(obstacles)) {
  const damagedStore = async () => {
    const store = open();
    await make(store, 'sound', 5, 1);
    await make(store, 'other', 5, 1);
    const record = store.folder.action(keyOf('other'));
    const orphan = store.folder.object((await store.objects.put('orphan')).digest);
    for (const path of [record, orphan]) {
      rmSync(path);
      put(path);
    }
    return { store, record, orphan };
  };

  test(`verify throws a ${name} in the place of a record away, and does not tell of it again`, async () => {
    const { store, record, orphan } = await damagedStore();
    rmSync(orphan, { recursive: true });
    const damage = async () => {
      const found: string[] = [];
      for await (const finding of verifyStore(store)) if (finding.type === 'damage') found.push(finding.problem);
      return found;
    };
    assert.equal(await damage(), ['its record is not whole']);
    assert.not.ok(lstatSync(record, { throwIfNoEntry: false }));
    assert.equal(await damage(), []);
  });

  test(`a ${name} in the place of a record and of an object is collected`, async () => {
    const { store, record, orphan } = await damagedStore();
    // A link has the time at which it was made.
    lutimesSync(record, 0, 0);
    lutimesSync(orphan, 0, 0);
    await collect(store, to(Number.POSITIVE_INFINITY));
    for (const path of [record, orphan]) assert.not.ok(lstatSync(path, { throwIfNoEntry: false }), path);
    assert.is(hits(store, 'sound'), 'sound');
  });
}

test('collecting in and verifying a store that was never made makes none', async () => {
  const store = open();
  await collect(store, to(0));
  for await (const finding of verifyStore(store)) assert.unreachable(finding.type);
  assert.not.ok(existsSync(store.path));
  assert.equal(listFiles(store.folder, store.path), []);
});

test.run();
