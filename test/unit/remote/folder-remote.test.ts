import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
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
  await refuses(requireRemote(remote, {}), /another format: "remote store of runflow 2/);
  writeFileSync(join(folder, 'format'), 'x'.repeat(100));
  await refuses(requireRemote(remote, {}), /another format: a longer text/);
});

const unfinished = 'ab'.repeat(12);

test('what a killed push left long ago goes with the next one, what is new or of others stays', async () => {
  const folder = temporaryFolder();
  const others = ['thesis.pdf', 'cd'.repeat(12), 'ef'.repeat(12)];
  mkdirSync(join(folder, 'tmp'));
  mkdirSync(join(folder, 'tmp', others[1]!));
  for (const name of [unfinished, others[0]!, others[2]!]) writeFileSync(join(folder, 'tmp', name), 'x');
  for (const name of [unfinished, others[0]!, others[1]!]) utimesSync(join(folder, 'tmp', name), 0, 0);
  await new FolderRemote(folder).tidy();
  assert.equal(readdirSync(join(folder, 'tmp')).sort(), [...others].sort());
});

test('a link in the place of unfinished files leads nobody to remove the files of another folder', async () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()];
  for (const name of ['thesis.pdf', unfinished]) {
    writeFileSync(join(other, name), 'x');
    utimesSync(join(other, name), 0, 0);
  }
  symlinkSync(other, join(folder, 'tmp'));
  await new FolderRemote(folder).tidy();
  assert.equal(readdirSync(other).sort(), [unfinished, 'thesis.pdf'].sort());
});

test('a link that leads to itself or nowhere is no entry', async () => {
  const folder = temporaryFolder();
  for (const [name, target] of [
    ['itself', 'itself'],
    ['nowhere', 'not there'],
  ] as const) {
    symlinkSync(target, join(folder, name));
    assert.is(await new FolderRemote(folder).read(name), undefined);
    assert.is(await new FolderRemote(folder).has(name), false);
  }
});

test.run();
