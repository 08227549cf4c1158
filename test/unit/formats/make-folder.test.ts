import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError } from '../../../src/diagnostics/errors.js';
import { errorCode, isDiskFull, writeFailure } from '../../../src/diagnostics/file-system-error.js';
import { makeFolder } from '../../../src/formats/make-folder.js';
import { Store } from '../../../src/store/store.js';

const test = suite<{ folder: string }>('folders that are made');
test.before.each((given) => {
  given.folder = mkdtempSync(join(tmpdir(), 'runflow-folder-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const failureOf = (folder: string, calls?: Parameters<typeof makeFolder>[1]) =>
  makeFolder(folder, calls).then(
    () => undefined,
    (error: unknown) => writeFailure(error),
  );

test('a folder is made with all that it lies in, again and at once', async ({ folder }) => {
  const deep = join(folder, ...Array.from({ length: 200 }, (_, at) => `d${at}`));
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(deep)));
  await makeFolder(deep);
  await makeFolder(`${deep}/`);
  assert.ok(statSync(deep).isDirectory());
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  await makeFolder(join(folder, 'link', 'x'));
  assert.ok(existsSync(join(folder, 'real', 'x')));
});

test('where no folder can be made, the reason comes back in words', async ({ folder }) => {
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('circle', join(folder, 'circle'));
  assert.is(await failureOf(join(folder, 'file')), 'a file is in the way of a folder (EEXIST)');
  assert.is(await failureOf(join(folder, 'file', 'x')), 'a file is in the way of a folder (ENOTDIR)');
  assert.is(await failureOf(join(folder, 'circle', 'x')), 'its links lead in a circle (ELOOP)');
  assert.is(
    await failureOf(join(folder, 'x'.repeat(300))),
    'a name in it is too long for the file system (ENAMETOOLONG)',
  );
  if (process.platform !== 'linux') return;
  for (const path of ['/proc/x', '/proc/x/y/z']) {
    assert.is(await failureOf(path), 'the file system takes no new folder there (ENOENT)', path);
  }
});

test('full and read-only disks and missing permissions are told apart', async ({ folder }) => {
  const { promises } = await import('node:fs');
  const failing = (code: string) => ({
    stat: promises.stat,
    mkdir: () => Promise.reject(Object.assign(new Error(code), { code, syscall: 'mkdir' })),
  });
  const reasons = new Set<string>();
  for (const code of ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO']) {
    const reason = await failureOf(join(folder, 'a', 'b'), failing(code) as never);
    assert.match(reason!, `(${code})`);
    reasons.add(reason!);
    await makeFolder(folder, failing(code) as never);
  }
  assert.is(reasons.size, 5);
  const full = (code: string) => isDiskFull(Object.assign(new Error(code), { code, syscall: 'write' }));
  assert.equal([full('ENOSPC'), full('EDQUOT'), full('EROFS')], [true, true, false]);
  assert.is(errorCode(new Error('no system call')), undefined);
});

test('a store where none can be is refused with what to do', async ({ folder }) => {
  writeFileSync(join(folder, 'file'), '');
  const places: readonly (readonly [string, RegExp])[] = [
    [join(folder, 'file', 'store'), /a file is in the way/],
    [join(folder, 'y'.repeat(300)), /too long/],
    ...(process.platform === 'linux' ? ([['/proc/x/store', /takes no new folder/]] as const) : []),
  ];
  for (const [path, reason] of places) {
    const error = await (async () => Store.open(path).runs.begin({ name: 'w', file: 'w.yaml' }))().catch(
      (thrown: unknown) => thrown,
    );
    assert.instance(error, EnvironmentError, path);
    assert.match((error as EnvironmentError).message, reason);
    assert.match((error as EnvironmentError).hint!, '--store');
  }
});

test.run();
