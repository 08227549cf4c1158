import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VerdictFolder, verdictKey } from '../../../src/eval/verdict-cache.js';

const item = { prompt: 'p', response: 'r' };

test('the key holds the judge, the prompt and the response, each told from the others', () => {
  const keys = [
    verdictKey({ model: 'a' }, item),
    verdictKey({ model: 'b' }, item),
    verdictKey({ model: 'a' }, { prompt: 'pr', response: '' }),
    verdictKey({ model: 'a' }, { prompt: '', response: 'pr' }),
  ];
  assert.is(new Set(keys).size, 4);
  assert.is(
    verdictKey({ model: 'a', url: 'u' }, { ...item, row: { a: 1 } }),
    verdictKey({ url: 'u', model: 'a' }, item),
  );
});

test('verdicts outlive the process, and what was torn or forged counts as absent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-verdicts-'));
  try {
    const key = verdictKey({ model: 'a' }, item);
    const invalid = verdictKey({ model: 'b' }, item);
    const cache = new VerdictFolder(folder);
    assert.is(await cache.get(key), undefined);
    await cache.put(key, { score: 4, raw: 'line\n"quoted" ✓' });
    await cache.put(invalid, { score: null, raw: '' });
    await Promise.all(Array.from({ length: 20 }, () => new VerdictFolder(folder).put(key, { score: 4, raw: 'x' })));
    assert.equal(await new VerdictFolder(folder).get(key), { score: 4, raw: 'x' });
    assert.equal(await cache.get(invalid), { score: null, raw: '' });
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
    assert.is(files.length, 2);
    for (const torn of ['', '{"score": 4, "ra', '{"score": 7, "raw": ""}', '{"score": 4}', 'null', '[]']) {
      for (const file of files) writeFileSync(join(folder, file), torn);
      assert.is(await cache.get(key), undefined, torn);
    }
    await cache.put(key, { score: 1, raw: 'again' });
    assert.is((await cache.get(key))?.score, 1);
    assert.match(readFileSync(join(folder, files.find((file) => file.includes(key.slice(10, 20)))!), 'utf8'), 'again');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
