import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeNewFiles } from '../../../src/cli/new-files.js';
import { EnvironmentError, UsageError } from '../../../src/diagnostics/errors.js';
import { VerdictFolder } from '../../../src/eval/verdict-cache.js';
import { digestOf, hexOf } from '../../../src/formats/digest.js';
import { readRegularFile } from '../../../src/formats/regular-file.js';
import { Store } from '../../../src/store/store.js';

const test = suite<{ folder: string }>('regular files');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-regular-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  return undefined;
};

test('a file is read, a folder and a named pipe are errors, and nothing waits', ({ folder }) => {
  writeFileSync(join(folder, 'file'), 'text');
  mkdirSync(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  assert.is(readRegularFile(join(folder, 'file')).toString(), 'text');
  assert.is(
    codeOf(() => readRegularFile(join(folder, 'folder'))),
    'EISDIR',
  );
  assert.is(
    codeOf(() => readRegularFile(join(folder, 'pipe'))),
    'ENXIO',
  );
  assert.is(
    codeOf(() => readRegularFile('/dev/zero')),
    'ENXIO',
  );
  assert.is(
    codeOf(() => readRegularFile(join(folder, 'none'))),
    'ENOENT',
  );
});

test('a named pipe in the place of a new file is in the way', async ({ folder }) => {
  execFileSync('mkfifo', [join(folder, 'workflow.yaml')]);
  const error = await writeNewFiles(folder, [{ name: 'workflow.yaml', content: '' }]).catch(
    (thrown: unknown) => thrown,
  );
  assert.instance(error, UsageError);
  assert.match((error as UsageError).message, /workflow\.yaml exists already/);
});

test('a named pipe in the place of a verdict is no verdict', async ({ folder }) => {
  const key = digestOf('question');
  mkdirSync(join(folder, hexOf(key).slice(0, 2)));
  execFileSync('mkfifo', [join(folder, hexOf(key).slice(0, 2), `${hexOf(key).slice(2)}.json`)]);
  assert.is(await new VerdictFolder(folder).get(key), undefined);
});

test('a named pipe in the place of the format of a store is another format', ({ folder }) => {
  execFileSync('mkfifo', [join(folder, 'format')]);
  assert.throws(
    () => Store.open(folder),
    (error: unknown) => error instanceof EnvironmentError,
  );
});

test.run();
