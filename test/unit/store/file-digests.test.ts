import { renameSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, InterruptedError } from '../../../src/diagnostics/errors.js';
import { digestOf } from '../../../src/formats/digest.js';
import { Store } from '../../../src/store/store.js';
import { failingDisk } from './failing-disk.js';
import { temporaryFolder } from './temporary-store.js';

/** A store that counts how often it reads from a file. */
function counting(path: string) {
  const { disk, calls } = failingDisk({
    call: Number.POSITIVE_INFINITY,
    code: 'EIO',
    how: 'once',
    only: (name) => name === 'read',
  });
  return { files: Store.open(path, { disk }).files, reads: calls };
}

const folder = temporaryFolder();
const path = join(folder, 'store');
let files = 0;
function newFile(content: string): string {
  const file = join(folder, `file ${files++}`);
  writeFileSync(file, content);
  return file;
}

/** Until the file is older than the racy window. */
async function settle(...names: string[]): Promise<void> {
  for (const name of names) {
    while (Date.now() - statSync(name).ctimeMs < 2100) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const whole = (content: string) => [{ offset: 0, bytes: content.length }];
const settled = ['unchanged', 'rewritten', 'replaced', 'touched', 'ranges', 'longer'].map((content) => ({
  content,
  file: newFile(content),
}));
const settledFile = (content: string) => settled.find((one) => one.content === content)!.file;

test('a file is hashed once, by whichever process', async () => {
  await settle(...settled.map(({ file }) => file));
  const first = counting(path);
  const file = settledFile('unchanged');
  const seen: number[] = [];
  const onProgress = (bytes: number) => seen.push(bytes);
  assert.equal(await first.files.hash(file, whole('unchanged'), { onProgress }), [digestOf('unchanged')]);
  assert.is(first.reads(), 1);
  const second = counting(path);
  assert.is(second.files.remembered(file, whole('unchanged')[0]!), digestOf('unchanged'));
  assert.equal(await second.files.hash(file, whole('unchanged'), { onProgress }), [digestOf('unchanged')]);
  assert.is(second.reads(), 0);
  assert.equal(seen, [9, 9]);
});

test('a file that was rewritten, replaced or made longer is hashed again, even with its old time', async () => {
  const changes: Record<string, (file: string) => void> = {
    rewritten: (file) => writeFileSync(file, 'REWRITTEN'),
    replaced: (file) => renameSync(newFile('REPLACED'), file),
    longer: (file) => writeFileSync(file, 'LONGER and longer'),
  };
  for (const [content, change] of Object.entries(changes)) {
    const file = settledFile(content);
    const { atime, mtime } = statSync(file);
    await counting(path).files.hash(file, whole(content));
    change(file);
    utimesSync(file, atime, mtime);
    const after = counting(path);
    assert.is(after.files.remembered(file, whole(content)[0]!), undefined);
    assert.equal(await after.files.hash(file, whole(content)), [digestOf(content.toUpperCase())]);
  }
});

test('a file that was only touched is hashed again to the same digest', async () => {
  const file = settledFile('touched');
  await counting(path).files.hash(file, whole('touched'));
  utimesSync(file, 1, 1);
  const after = counting(path);
  assert.equal(await after.files.hash(file, whole('touched')), [digestOf('touched')]);
  assert.is(after.reads(), 1);
});

test('a file changed so lately that its times may not show the next change is not remembered', async () => {
  const file = newFile('fresh');
  const one = counting(path);
  await one.files.hash(file, whole('fresh'));
  assert.is(one.files.remembered(file, whole('fresh')[0]!), undefined);
  await one.files.hash(file, whole('fresh'));
  assert.is(one.reads(), 2);
  utimesSync(file, 1, 1);
  assert.is(one.files.remembered(file, whole('fresh')[0]!), undefined, 'a modification time that was set back');
  await one.files.hash(file, whole('fresh'));
  assert.is(one.reads(), 3);
});

test('ranges that two processes hash of one file at once are all remembered or hashed again, never mixed up', async () => {
  const file = settledFile('ranges');
  const ranges = Array.from('ranges', (_, offset) => ({ offset, bytes: 1 }));
  const stores = [0, 1, 2].map(() => counting(path));
  const digests = await Promise.all(stores.map((store, i) => store.files.hash(file, ranges.slice(i * 2, i * 2 + 2))));
  assert.equal(
    digests.flat(),
    Array.from('ranges', (letter) => digestOf(letter)),
  );
  const later = counting(path);
  assert.equal(await later.files.hash(file, [...ranges, { offset: 0, bytes: 0 }]), [
    ...Array.from('ranges', (letter) => digestOf(letter)),
    digestOf(''),
  ]);
  const last = counting(path);
  await last.files.hash(file, ranges);
  assert.is(last.reads(), 0);
});

test('a torn record is no record', async () => {
  const file = settledFile('unchanged');
  const record = Store.open(path).folder.fileRecord(digestOf(file));
  truncateSync(record, statSync(record).size - 7);
  const after = counting(path);
  assert.equal(await after.files.hash(file, whole('unchanged')), [digestOf('unchanged')]);
  assert.is(after.reads(), 1);
});

test('a missing, short or unreadable file is a data error that names it', async () => {
  const { files } = counting(path);
  const fails = async (file: string, bytes: number, message: RegExp) => {
    const error = await files.hash(file, [{ offset: 0, bytes }]).catch((reason: unknown) => reason);
    assert.instance(error, DataError);
    assert.match((error as Error).message, message);
  };
  await fails(join(folder, 'none'), 1, /none cannot be read: there is no such file/);
  await fails(newFile('short'), 6, /ends before byte 6/);
  await fails(folder, 1, /is not a file/);
});

test('a file that changes while it is read is a data error', async () => {
  const file = newFile('changing');
  const { files } = counting(path);
  const onProgress = () => writeFileSync(file, 'changed!!');
  const error = await files.hash(file, whole('changing'), { onProgress }).catch((reason: unknown) => reason);
  assert.instance(error, DataError);
  assert.match((error as Error).message, /was changed while it was hashed/);
});

test('hashing stops when the run is interrupted', async () => {
  const abort = new AbortController();
  abort.abort();
  const error = await counting(path)
    .files.hash(newFile('x'), [{ offset: 0, bytes: 1 }], { signal: abort.signal })
    .catch((reason: unknown) => reason);
  assert.instance(error, InterruptedError);
});

test.run();
