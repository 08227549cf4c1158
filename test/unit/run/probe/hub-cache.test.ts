import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hubCache } from '../../../../src/run/probe/examine-queue.js';
import { hubCacheFacts } from '../../../../src/run/probe/probe.js';
import { Store } from '../../../../src/store/store.js';
import { temporaryFolder } from '../../store/temporary-store.js';

function host(...repositories: readonly string[]) {
  const folder = temporaryFolder();
  for (const name of [...repositories, 'version.txt']) mkdirSync(join(folder, name));
  return hubCacheFacts(Store.open(join(temporaryFolder(), 'store'), { hubCache: folder }));
}

test('a host whose cache of the hub lacks what was fetched here is told of, with its folder', () => {
  const here = host('models--lab--base', 'datasets--lab--rows');
  const there = host('models--lab--base', 'models--other--one');
  const { ok, detail, advice } = hubCache(there, here);
  assert.ok(ok, 'a workflow may need none of it');
  assert.is(detail, `${there.folder} lacks lab/rows, which ${here.folder} has here`);
  assert.match(advice!, 'set HF_HOME to a folder that all hosts share');
});

test('a host that has all of it, or needs nothing, is well', () => {
  const here = host('models--lab--base');
  assert.is(hubCache(host('models--lab--base', 'models--other--one'), here).advice, undefined);
  assert.is(hubCache(host(), host()).detail, 'nothing is fetched here yet');
});

test('a cache that is not there has nothing', () => {
  const facts = hubCacheFacts(Store.open(join(temporaryFolder(), 'store'), { hubCache: '/nowhere' }));
  assert.equal(facts, { folder: '/nowhere', repositories: [] });
});

test.run();
