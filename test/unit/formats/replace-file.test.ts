import { promises, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isPartial, renameSynced, replaceFile, syncFolder, writeSynced } from '../../../src/formats/replace-file.js';

const folder = await mkdtemp(join(tmpdir(), 'runflow-replace-'));
const file = join(folder, 'file');
test.after(() => rm(folder, { recursive: true, force: true }));

test('texts, bytes and parts replace what is there, and nothing else is left in the folder', async () => {
  async function* parts() {
    yield Buffer.from('in ');
    yield Buffer.from('parts');
  }
  for (const [content, text] of [
    ['a text: ✓', 'a text: ✓'],
    [new Uint8Array([0x62, 0x79]), 'by'],
    [parts(), 'in parts'],
    ['', ''],
  ] as const) {
    await replaceFile(file, content);
    assert.is(await readFile(file, 'utf8'), text);
    assert.equal(await readdir(folder), ['file']);
  }
});

test('a content that fails half-way leaves the file as it was; while it is written it is beside it', async () => {
  await writeFile(file, 'before');
  let seen: string[] = [];
  async function* broken() {
    yield Buffer.from('half');
    seen = (await readdir(folder)).sort();
    throw new Error('no more');
  }
  const error = await replaceFile(file, broken()).catch((caught: unknown) => caught);
  assert.match(String(error), 'no more');
  assert.is(seen.length, 2);
  assert.ok(isPartial(seen[0]!), seen[0]);
  assert.not.ok(isPartial('file'));
  assert.is(await readFile(file, 'utf8'), 'before');
  assert.equal(await readdir(folder), ['file']);
});

test('twenty writers at once leave one whole file', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, index) => replaceFile(file, `${index}`.repeat(10_000))));
  const text = await readFile(file, 'utf8');
  assert.ok(text.length === 10_000 || text.length === 20_000);
  assert.equal(await readdir(folder), ['file']);
});

test('bytes are on disk before the name, and the name before it is said to be', async () => {
  const order: string[] = [];
  const calls = {
    ...promises,
    open: async (path: string, flags: string, mode?: number) => {
      const handle = await promises.open(path, flags, mode);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        order.push(path === folder ? 'sync folder' : 'sync file');
        await sync();
      };
      return handle;
    },
    rename: async (from: string, to: string) => {
      order.push('rename');
      await promises.rename(from, to);
    },
  } as typeof promises;
  await writeSynced(`${file}.new`, 'x', { calls });
  await renameSynced(`${file}.new`, file, calls);
  assert.equal(order, ['sync file', 'rename', ...(process.platform === 'win32' ? [] : ['sync folder'])]);
});

test('a file system without fsync of folders is no error, a broken disk is', async () => {
  const failing = (code: string) =>
    ({
      ...promises,
      open: () => Promise.reject(Object.assign(new Error(code), { code, syscall: 'fsync' })),
    }) as typeof promises;
  if (process.platform === 'win32') return;
  await syncFolder(folder, failing('EINVAL'));
  const error = await syncFolder(folder, failing('EIO')).catch((caught: unknown) => caught);
  assert.match(String(error), 'EIO');
});

test('no other file renames a finished file to its place by hand', () => {
  const source = fileURLToPath(new URL('../../../../src/', import.meta.url));
  const renaming = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && /\brename(Sync)?\(/.test(readFileSync(source + name, 'utf8')))
    .map((name) => name.split(sep).join('/'));
  assert.equal(renaming.sort(), [
    'data/hub-download.ts', // takes over the incomplete file of a dead process
    'formats/replace-file.ts',
    'run/results/previous-folder.ts', // puts a file aside
    'store/collect.ts', // takes an action away
    'store/scratch.ts', // takes over what an earlier owner has finished
    'store/store-folder.ts', // clears whatever has come into the place
  ]);
});

test.run();
