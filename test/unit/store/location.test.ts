import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { storeLocation } from '../../../src/store/location.js';

test('RUNFLOW_STORE is a path from the home folder or the current one on, and nothing when it is empty', () => {
  const from = (store: string) => storeLocation(undefined, { RUNFLOW_STORE: store });
  assert.is(from('~/store'), join(homedir(), 'store'));
  assert.is(from('store'), resolve('store'));
  assert.is(from('/store'), '/store');
  assert.is(storeLocation('/option', { RUNFLOW_STORE: '/store' }), '/option');
  for (const empty of ['', ' ', '\t']) assert.is(from(empty), storeLocation(undefined, {}));
});

test('without a choice the store is among the caches of the user', () => {
  if (process.platform !== 'linux') return;
  assert.is(storeLocation(undefined, { XDG_CACHE_HOME: '/caches' }), '/caches/runflow/store');
  assert.is(storeLocation(undefined, { XDG_CACHE_HOME: '' }), join(homedir(), '.cache/runflow/store'));
});

test.run();
