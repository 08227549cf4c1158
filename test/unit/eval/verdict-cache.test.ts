import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeRows } from '../../../src/data/row.js';
import type { JudgeItem } from '../../../src/eval/judge.js';
import { itemsOf, judgedItems, Questions } from '../../../src/eval/open-questions.js';
import { ServerJudge } from '../../../src/eval/openai-judge.js';
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
  const ofRow: JudgeItem = { ...item, row: { a: 1 } };
  assert.is(verdictKey({ model: 'a', url: 'u' }, ofRow), verdictKey({ url: 'u', model: 'a' }, item));
});

test('verdicts outlive the process, and what was torn or forged counts as absent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-verdicts-'));
  try {
    const key = verdictKey({ model: 'a' }, item);
    const invalid = verdictKey({ model: 'b' }, item);
    const cache = new VerdictFolder(folder);
    assert.is(await cache.get(key), undefined);
    await cache.put(key, { text: 'line\n"quoted" ✓', reason: 'stop' });
    await cache.put(invalid, { text: null, reason: 'refusal' });
    await Promise.all(
      Array.from({ length: 20 }, () => new VerdictFolder(folder).put(key, { text: 'x', reason: 'stop' })),
    );
    assert.equal(await new VerdictFolder(folder).get(key), { text: 'x', reason: 'stop' });
    assert.equal(await cache.get(invalid), { text: null, reason: 'refusal' });
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
    assert.is(files.length, 2);
    for (const torn of ['', '{"text": "4", "re', '{"text": 7, "reason": ""}', '{"text": "4"}', 'null', '[]']) {
      for (const file of files) writeFileSync(join(folder, file), torn);
      assert.is(await cache.get(key), undefined, torn);
    }
    await cache.put(key, { text: 'again', reason: 'stop' });
    assert.is((await cache.get(key))?.text, 'again');
    assert.match(readFileSync(join(folder, files.find((file) => file.includes(key.slice(10, 20)))!), 'utf8'), 'again');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a folder in the place of a verdict gives way to the next answer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-verdicts-'));
  try {
    const cache = new VerdictFolder(folder);
    const key = verdictKey({ model: 'a' }, item);
    await cache.put(key, { text: 'x', reason: 'stop' });
    const file = join(folder, readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.json'))!); // biome-ignore format: one line
    rmSync(file);
    mkdirSync(join(file, 'inside'), { recursive: true });
    assert.is(await cache.get(key), undefined);
    await cache.put(key, { text: 'y', reason: 'stop' });
    assert.is((await cache.get(key))?.text, 'y');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a question that several sets of responses ask is needed once, and those that are kept are not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-verdicts-'));
  try {
    const config = { model: 'm', url: 'http://127.0.0.1:1/v1', rubric: 'policy', maxTokens: 8, seed: 1 } as const;
    const of = { dataset: 'd', column: 'prompt' };
    const rows = encodeRows([{ prompt: 'a' }, { prompt: 'b' }, { prompt: 'c' }]);
    const set = (...responses: string[]) => ({
      rows,
      responses: encodeRows(responses.map((response) => ({ response }))),
    });
    const judge = new ServerJudge(config, { concurrency: 1 });
    const kept = judge.questionKey({ prompt: 'c', response: 'x' });
    await new VerdictFolder(folder).put(kept, { text: '#thescore: 1', reason: 'stop' });
    const counts = async (...sets: readonly { rows: Uint8Array; responses: Uint8Array }[]) => {
      const questions = new Questions(config, folder);
      for (const one of sets) await questions.ask(itemsOf(one, of));
      return [questions.open, questions.kept];
    };
    const [first, second, third] = [set('x', 'x', 'x'), set('x', 'y', 'x'), set('x', 'y', 'y')];
    assert.equal(await counts(first), [2, 1]);
    assert.equal(await counts(first, second), [3, 1]);
    assert.equal(await counts(first, second, third), [4, 1]);
    // What a cached step asked is answered, unless its verdict was let go and another step asks the same.
    const questions = new Questions(config, folder);
    questions.settle(judgedItems(encodeRows(itemsOf(third, of).map((one) => ({ ...one, score: 1, verdict: '' })))));
    assert.equal([questions.open, questions.kept], [0, 3]);
    await questions.ask(itemsOf(second, of));
    assert.equal([questions.open, questions.kept], [2, 2]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
