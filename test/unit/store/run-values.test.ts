import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError } from '../../../src/diagnostics/errors.js';
import { Store } from '../../../src/store/store.js';
import { temporaryFolder } from './temporary-store.js';

const spender = fileURLToPath(new URL('./processes/spender.js', import.meta.url));

test('processes that change one value lose no change, and one that is killed in the middle has made none', async () => {
  const folder = temporaryFolder();
  const store = Store.open(folder);
  await store.runValues.change<number>('r', 'n', () => 0);
  const spend = (...args: string[]) => execa(process.execPath, [spender, folder, ...args], { reject: false });
  const ended = await Promise.all([spend('10'), spend('10'), spend('10', '4')]);
  assert.equal(
    ended.map(({ signal }) => signal),
    [undefined, undefined, 'SIGKILL'],
  );
  assert.is(await store.runValues.change<number>('r', 'n', (before) => before!), 24);
});

test('values are of one run, and go with it', async () => {
  const store = Store.open(temporaryFolder());
  const run = await store.runs.begin({ name: 'w', file: 'w.yaml' });
  const { id } = run.record;
  await store.runValues.change<number>(id, 'n', () => 7);
  assert.is(await store.runValues.change<number>('another', 'n', (before) => before ?? -1), -1);
  await run.finish('done');
  await store.runs.remove(id);
  assert.not.ok(readdirSync(store.folder.in('runs')).includes(id));
  assert.equal(store.locks.held(), []);
});

test('a value that cannot be read is refused, and its lock is free again', async () => {
  const store = Store.open(temporaryFolder());
  await store.runValues.change<number>('r', 'n', () => 7);
  writeFileSync(join(store.folder.in('runs', 'r', 'values'), 'n.json'), '{"to');
  const error = await store.runValues.change<number>('r', 'n', () => 8).catch((thrown: unknown) => thrown);
  assert.instance(error, EnvironmentError);
  assert.match((error as Error).message, 'is damaged');
  assert.equal(store.locks.held(), []);
});

test.run();
