import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Store } from '../../../src/store/store.js';

const test = suite<{ path: string }>('durations of steps');
test.before.each((context) => {
  context.path = mkdtempSync(join(tmpdir(), 'durations-'));
});
test.after.each(({ path }) => rmSync(path, { recursive: true }));

test('durations are there for whoever opens the store, by class of device, and looking leaves nothing', async ({
  path,
}) => {
  const store = Store.open(path);
  assert.equal(store.durations.of('gpu'), { kinds: {}, steps: {} });
  assert.not(store.folder.exists);
  await store.durations.add('gpu', [
    { name: 'w svd[a]', kind: 'svd', cost: 100, seconds: 2 },
    { name: 'w train[m]', kind: 'train', seconds: 9 },
  ]);
  await store.durations.add('gpu', [{ name: 'w train[m]', kind: 'train', seconds: 7 }]);
  const known = { kinds: { svd: [[100, 2]] }, steps: { 'w train[m]': 7 } };
  assert.equal(Store.open(path).durations.of('gpu'), known);
  assert.equal(Store.open(path).durations.of('none'), { kinds: {}, steps: {} });
});

test('the oldest are forgotten', async ({ path }) => {
  const { durations } = Store.open(path);
  const many = Array.from({ length: 3000 }, (_, index) => index);
  await durations.add('gpu', many.map((index) => ({ name: `w a[${index}]`, kind: 'a', seconds: index }))); // biome-ignore format: one line
  await durations.add('gpu', many.map((index) => ({ name: `w b[${index}]`, kind: 'b', cost: 1, seconds: index }))); // biome-ignore format: one line
  const { kinds, steps } = durations.of('gpu');
  assert.is(Object.keys(steps).length, 2000);
  assert.is(steps['w a[2999]'], 2999);
  assert.is(steps['w a[0]'], undefined);
  assert.is(kinds.b!.length, 64);
  assert.equal(kinds.b!.at(-1), [1, 2999]);
  for (let index = 0; index < 9; index++) await durations.add(`gpu ${index}`, [{ name: 'w a', kind: 'a', seconds: 1 }]);
  assert.equal(durations.of('gpu').steps, {});
  assert.equal(durations.of('gpu 8').steps, { 'w a': 1 });
});

test('a damaged file is as good as none, and is replaced', async ({ path }) => {
  const { durations } = Store.open(path);
  const one = [{ name: 'w a', kind: 'a', seconds: 1 }];
  await durations.add('gpu', one);
  writeFileSync(join(path, 'durations'), 'torn');
  assert.equal(durations.of('gpu').steps, {});
  await durations.add('gpu', one);
  assert.equal(durations.of('gpu').steps, { 'w a': 1 });
});

test.run();
