import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FolderRemote } from '../../../src/remote/folder-remote.js';
import { contentOf, makeRemote, requireRemote } from '../../../src/remote/layout.js';
import { readAll } from '../../../src/remote/read-all.js';
import { temporaryFolder } from '../store/temporary-store.js';

test('an entry is written once and whole, and listed; what is not whole yet is none', async () => {
  const folder = temporaryFolder();
  const remote = new FolderRemote(folder);
  await makeRemote(remote, { isDry: false });
  assert.is(await remote.writeIfAbsent('actions/ab/1', contentOf('one')), true);
  assert.is(await remote.writeIfAbsent('actions/ab/1', contentOf('two')), false);
  const broken = {
    ...contentOf('half'),
    open: async function* () {
      yield Buffer.from('ha');
      throw new Error('the reader failed');
    },
  };
  await remote.writeIfAbsent('actions/ab/2', broken).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /the reader failed/),
  );
  assert.is(await readAll(remote, 'actions/ab/1', 10, {}), 'one');
  assert.is(await remote.has('actions/ab/2'), false);
  const names: string[] = [];
  for await (const name of remote.list('actions/')) names.push(name);
  assert.equal(names, ['actions/ab/1']);
  assert.equal(readdirSync(join(folder, 'tmp')), []);
});

test('of many that write one entry at a time one does, and none fails', async () => {
  const folder = temporaryFolder();
  const writers = Array.from({ length: 8 }, () => new FolderRemote(folder).writeIfAbsent('objects/x', contentOf('x')));
  const wrote = await Promise.all(writers);
  assert.is(wrote.filter(Boolean).length, 1);
});

test('a named pipe or a folder in the place of an entry is none', async () => {
  const folder = temporaryFolder();
  const remote = new FolderRemote(folder);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  mkdirSync(join(folder, 'folder'));
  for (const name of ['pipe', 'folder']) {
    assert.is(await remote.read(name), undefined);
    assert.is(await remote.has(name), false);
  }
});

test('a folder of something else is not written to, and a store of runs is read only', async () => {
  const folder = temporaryFolder();
  const remote = new FolderRemote(folder);
  const refuses = (work: Promise<unknown>, message: RegExp) =>
    work.then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, message),
    );
  writeFileSync(join(folder, 'thesis.pdf'), 'x');
  await refuses(makeRemote(remote, { isDry: false }), /no remote store, and not empty: it has thesis\.pdf/);
  assert.not.ok(existsSync(join(folder, 'format')));
  writeFileSync(join(folder, 'format'), 'runflow store 1\n');
  await requireRemote(remote, {});
  await refuses(makeRemote(remote, { isDry: false }), /takes nothing from others/);
  writeFileSync(join(folder, 'format'), 'remote store of runflow 2\n');
  await refuses(requireRemote(remote, {}), /another format/);
});

test('what a killed push left long ago goes with the next one, what is new stays', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'tmp'));
  for (const name of ['old', 'new']) writeFileSync(join(folder, 'tmp', name), 'x');
  utimesSync(join(folder, 'tmp', 'old'), 0, 0);
  await new FolderRemote(folder).tidy();
  assert.equal(readdirSync(join(folder, 'tmp')), ['new']);
});

test.run();
