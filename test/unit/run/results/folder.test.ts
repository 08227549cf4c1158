import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Outcome } from '../../../../src/plan/resolve.js';
import { EventBus } from '../../../../src/run/events.js';
import type { Prepared } from '../../../../src/run/prepare.js';
import { type FolderContents, ResultsFolder, type RunPages } from '../../../../src/run/results/folder.js';
import { Store } from '../../../../src/store/store.js';
import { keyOf, temporaryFolder } from '../../store/temporary-store.js';

/** A folder of results that two runs publish into, one after the other. */
class Publishing {
  readonly path = join(temporaryFolder(), 'results');
  readonly #store = Store.open(join(temporaryFolder(), 'store'));

  /**
   * Publishes a table for each name, with this text in it.
   * @param lostAfter results after which the lock is another's; undefined: it is kept
   */
  async publish(names: readonly string[], text: string, lostAfter?: number): Promise<FolderContents> {
    const outcomes = new Map<string, Outcome>();
    for (const name of names) {
      const artifact = await this.#store.objects.put(`${name} ${text}`);
      outcomes.set(name, { status: 'cached', key: keyOf(name), outputs: { table: artifact } } as unknown as Outcome);
    }
    const results = names.map((name) => ({ file: `${name}.csv`, node: name, output: 'table' }));
    const prepared = { plan: { results }, outcomes } as unknown as Prepared;
    const events = new EventBus();
    let placed = 0;
    events.subscribe(({ type }) => {
      if (type === 'result') placed += 1;
    });
    const store = Store.open(this.#store.path);
    const acquire = store.locks.acquire.bind(store.locks);
    store.locks.acquire = async (...asked) => {
      const claimed = await acquire(...asked);
      if (!('lock' in claimed) || lostAfter === undefined) return claimed;
      return Object.assign(claimed, { lock: Object.assign(claimed.lock, { isOurs: async () => placed < lostAfter }) });
    };
    const workflow = { file: '/w.yaml', settings: {} };
    const folder = new ResultsFolder(this.path, store, events, {
      id: text,
      workflowFile: workflow.file,
      settings: '{}',
    });
    const pages: RunPages = { isNews: true, timeline: () => text, reportPage: async (_, page) => page };
    return folder.publish(prepared, true, pages, ({ files: made, foreign }) =>
      JSON.stringify({ run: text, workflow, results: made.map(({ settings: _, ...file }) => file), foreign }),
    );
  }

  /** Texts of the files that are there. */
  texts(): Record<string, string> {
    const names = readdirSync(this.path).filter((name) => name.includes('.'));
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(this.path, name), 'utf8')]));
  }
}

const files = ['a.csv', 'b.csv', 'timeline.json'];
const news: Record<string, string> = { 'a.csv': 'a new', 'b.csv': 'b new', 'timeline.json': 'new' };

for (const count of [0, 1, 2, 3]) {
  test(`a run whose folder another took over after ${count} files places no other, moves none and records nothing`, async () => {
    const publishing = new Publishing();
    await publishing.publish(['a', 'b', 'gone'], 'old');
    const before = publishing.texts();
    const error = await publishing.publish(['a', 'b'], 'new', count).catch((reason: unknown) => reason);
    assert.match((error as Error).message, /another run writes to .*no sign of life/);
    const placed = Object.fromEntries(files.slice(0, count).map((file) => [file, news[file]]));
    assert.equal(publishing.texts(), Object.assign({}, before, placed));
  });
}

test('a run whose folder another took over when all files were in place does not record them', async () => {
  const publishing = new Publishing();
  await publishing.publish(['a', 'b'], 'old');
  const record = publishing.texts()['run.json'];
  const error = await publishing.publish(['a', 'b'], 'new', 3).catch((reason: unknown) => reason);
  assert.match((error as Error).message, /another run writes to/);
  assert.is(publishing.texts()['run.json'], record);
});

test('a run whose folder another took over leaves a record of another program where it is', async () => {
  const publishing = new Publishing();
  mkdirSync(publishing.path);
  writeFileSync(join(publishing.path, 'run.json'), 'of another');
  const error = await publishing.publish(['a', 'b'], 'new', 3).catch((reason: unknown) => reason);
  assert.match((error as Error).message, /another run writes to/);
  assert.is(publishing.texts()['run.json'], 'of another');
});

test('with the lock in hand a run replaces what it makes and puts aside what it makes no more', async () => {
  const publishing = new Publishing();
  await publishing.publish(['a', 'b', 'gone'], 'old');
  await publishing.publish(['a', 'b'], 'new');
  const { 'run.json': record, ...texts } = publishing.texts();
  assert.equal(texts, news);
  assert.is(JSON.parse(record!).run, 'new');
  assert.equal(readdirSync(join(publishing.path, 'previous')), ['gone.csv']);
});

test.run();
