import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { diskFiles } from '../../../src/workflow/files.js';

const test = suite<{ folder: string }>('files');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-files-'));
});
test.after.each((context) => rmSync(context.folder, { recursive: true }));

test('a file is read up to the limit and no further', ({ folder }) => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, 'abcdef');
  const text = (limit: number) => {
    const read = diskFiles.read(file, limit);
    return 'bytes' in read ? new TextDecoder().decode(read.bytes) : read.problem;
  };
  assert.is(text(100), 'abcdef');
  assert.is(text(3), 'abc');
});

test('what is not a regular file is refused, a named pipe without waiting for its writer', ({ folder }) => {
  assert.equal(diskFiles.read(folder, 10), { problem: 'it is a folder' });
  assert.equal(diskFiles.read(join(folder, 'none'), 10), { problem: 'no such file' });
  assert.equal(diskFiles.read('/dev/null/none', 10), { problem: 'no such file' });
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  assert.equal(diskFiles.read(join(folder, 'pipe'), 10), { problem: 'it is not a regular file' });
  assert.equal(diskFiles.read('/dev/zero', 10), { problem: 'it is not a regular file' });
});

test('links are followed and folders listed; what is missing is no error', ({ folder }) => {
  mkdirSync(join(folder, 'b'));
  writeFileSync(join(folder, 'a'), '');
  symlinkSync(join(folder, 'a'), join(folder, 'c'));
  assert.is(diskFiles.realPath(join(folder, 'c')), diskFiles.realPath(join(folder, 'a')));
  assert.is(diskFiles.realPath(join(folder, 'none')), join(folder, 'none'));
  assert.equal(diskFiles.list(folder), ['a', 'b', 'c']);
  assert.equal(diskFiles.list(join(folder, 'none')), []);
});

test.run();
