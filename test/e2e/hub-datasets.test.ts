import { readFile, rm } from 'node:fs/promises';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertOneScreen, type Ended, ranSteps, Sandbox } from '../sandbox.js';
import { HubServer, type ServedFile } from '../unit/data/hub-server.js';

/** A workflow that fetches its models and its datasets, over a server on the loopback interface. */

const commits = { base: 'a'.repeat(40), aligned: 'b'.repeat(40), parquet: 'c'.repeat(40), main: 'd'.repeat(40) };
const parquet = 'refs/convert/parquet';

const made = `
runflow: 1
name: made
datasets:
  words: { path: words.jsonl }
models:
  base:
    init: { family: qwen2, hidden: 16, layers: 1, heads: 2, mlp: 24, vocabulary: 32 }
    seed: 1
    tokenizer: { words-of: words }
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
`;

const workflow = `
runflow: 1
name: tuned
models:
  base: { hub: lab/base }
  aligned: { hub: lab/aligned }
  useful: { finetune: aligned, on: both, recipe: quick }
datasets:
  questions: { hub: lab/rows, split: train, take: 5, columns: { prompt: question, response: answer } }
  notes: { hub: lab/rows, files: [data/notes.jsonl], where: { keep: true } }
  both: { mix: { questions: all, notes: 2 } }
  unused: { hub: lab/none, split: train }
recipes:
  quick: { lr: 1.0e-3, accumulate: 4, template: raw }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
subspaces: { top-k: { kind: top-k, of: alignment } }
sweeps: { parallel: { project: useful, onto: top-k, mode: parallel, fractions: [0.5] } }
`;

const numbers = ['one', 'two', 'three', 'four', 'five', 'six'];
const questions = numbers.map((number) => ({ question: `say ${number} `, answer: number }));
const notes = numbers.map((number, index) => ({ prompt: `note ${number} `, response: number, keep: index % 2 === 0 }));
const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

function shard(rows: typeof questions): ServedFile {
  const column = (name: 'question' | 'answer') => ({
    name,
    data: rows.map((row) => row[name]),
    type: 'STRING' as const,
  });
  return {
    bytes: Buffer.from(parquetWriteBuffer({ columnData: [column('question'), column('answer')] })),
    large: true,
  };
}

interface Context {
  box: Sandbox;
  server: HubServer;
  online: Record<string, string>;
}

const test = suite<Context>('datasets of the hub from end to end');
test.before(async (context) => {
  const box = await Sandbox.make();
  const server = await HubServer.start();
  const words = questions.map(({ question, answer }) => ({ prompt: question, response: `${answer} note` }));
  await box.write('words.jsonl', lines(words));
  await box.write('made.yaml', made);
  for (const model of ['base', 'aligned'] as const) {
    const { status, stdout, stderr } = await box.runflow(['export', 'made.yaml', model, '--to', model]);
    assert.is(status, 0, stdout + stderr);
    const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
    const files = await Promise.all(names.map(async (name) => [name, await readFile(box.path(model, name))] as const));
    server.repositories.set(`lab/${model}`, {
      revisions: { main: commits[model] },
      files: Object.fromEntries(files.map(([name, bytes]) => [name, { bytes, large: name.endsWith('s') }])),
    });
  }
  // The hub has the conversion on a branch of its own; this server has one set of files for all branches.
  server.repositories.set('datasets/lab/rows', {
    revisions: { main: commits.main, [parquet]: commits.parquet },
    files: {
      'default/train/0001.parquet': shard(questions.slice(4)),
      'default/train/0000.parquet': shard(questions.slice(0, 4)),
      'data/notes.jsonl': { bytes: Buffer.from(lines(notes)) },
    },
  });
  await box.write('tuned.yaml', workflow);
  Object.assign(context, { box, server, online: { HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: '' } });
});
test.after(async ({ box, server }) => {
  await server.stop();
  await box.remove();
});
test.before.each(({ server }) => {
  server.requests.length = 0;
});

const outputOf = ({ stdout, stderr }: Ended) => stdout + stderr;

test('with nothing pinned, the plan says what would be fetched and what waits for it, and asks nobody', async ({
  box,
  server,
  online,
}) => {
  const text = await box.runflow(['plan', 'tuned.yaml'], online);
  assert.is(text.status, 0, outputOf(text));
  for (const line of [
    /tuned: 0 steps known so far/,
    /models\.base +lab\/base@main, not pinned yet/,
    /models\.aligned +lab\/aligned@main, not pinned yet/,
    /datasets\.questions +lab\/rows@refs\/convert\/parquet default\/train, not pinned yet/,
    /datasets\.notes +lab\/rows@main data\/notes\.jsonl, not pinned yet/,
    /sweeps\.parallel, .*report: planned once .*datasets\.questions.* are fetched/,
  ]) {
    assert.match(text.stdout, line);
  }
  assert.not.match(text.stdout, /unused|lab\/none/);
  const busy = await box.runflow(['plan', 'tuned.yaml', '--json', '--exit-code'], online);
  assert.is(busy.status, 4);
  assert.equal(
    JSON.parse(busy.stdout).toFetch.find(({ name }: { name: string }) => name === 'notes'),
    {
      kind: 'dataset',
      name: 'notes',
      repo: 'lab/rows',
      revision: 'main',
      part: 'data/notes.jsonl',
    },
  );
  assert.equal(server.requests, []);
});

test('offline and unpinned, or locked and unpinned, the run says which repository', async ({ box, server, online }) => {
  const offline = await box.runflow(['run', 'tuned.yaml', 'rows[notes]']);
  assertOneScreen(offline, 3);
  assert.match(offline.stderr, /lab\/\w+@main is not in the cache/);
  assert.equal(server.requests, []);
  const locked = await box.runflow(['run', 'tuned.yaml', '--locked'], online);
  assertOneScreen(locked, 2);
  assert.match(locked.stderr, /tuned\.lock\.json does not pin lab\//);
});

test('one dataset alone can be fetched; the plan then tells what is there from what is not', async ({
  box,
  server,
  online,
}) => {
  const first = await box.run(['tuned.yaml', 'rows[questions]'], online);
  assert.equal(ranSteps(first), ['fetch-dataset[questions]', 'rows[questions]']);
  assert.equal(JSON.parse(await readFile(box.path('tuned.lock.json'), 'utf8')), {
    lockfile: 1,
    models: { 'lab/aligned': { main: commits.aligned }, 'lab/base': { main: commits.base } },
    datasets: { 'lab/rows': { main: commits.main, [parquet]: commits.parquet } },
  });
  const downloads = server.requests.filter((request) => request.startsWith('cdn'));
  const resolved = `cdn /datasets/lab/rows/resolve/${commits.parquet}/default/train`;
  assert.equal(downloads, [`${resolved}/0000.parquet`, `${resolved}/0001.parquet`]);
  const plan = await box.runflow(['plan', 'tuned.yaml'], online);
  assert.match(plan.stdout, /models\.base +lab\/base@main, at aaaaaaaaaaaa/);
  assert.match(plan.stdout, /datasets\.notes +lab\/rows@main data\/notes\.jsonl, at dddddddddddd/);
  assert.not.match(plan.stdout, /datasets\.questions/);
  assert.match(plan.stdout, /Datasets +2 cached, 3 to run/);
});

test('the whole runs over the network once, and tells where its rows and weights come from', async ({
  box,
  server,
  online,
}) => {
  const first = await box.run(['tuned.yaml'], online);
  const ran = ranSteps(first);
  for (const step of [
    'fetch[base]',
    'fetch[aligned]',
    'fetch-dataset[notes]',
    'mix[both]',
    'tokenise[useful]',
    'report',
  ]) {
    assert.ok(ran.includes(step), `${step}: ${ran.join()}`);
  }
  assert.ok(ran.includes('train[useful]'));
  assert.not.ok(ran.includes('fetch-dataset[questions]'));
  const { hub } = JSON.parse(await readFile(box.path('results/tuned/run.json'), 'utf8'));
  assert.equal(
    hub.map(({ name, repo, commit }: Record<string, string>) => [name, repo, commit]),
    [
      ['aligned', 'lab/aligned', commits.aligned],
      ['base', 'lab/base', commits.base],
      ['notes', 'lab/rows', commits.main],
      ['questions', 'lab/rows', commits.parquet],
    ],
  );
  const report = await readFile(box.path('results/tuned/report.html'), 'utf8');
  for (const text of [
    `lab/rows at ${commits.parquet}, split train of default; first 5; question as prompt; answer as response`,
    `lab/rows at ${commits.main}, data/notes.jsonl; rows with keep = true`,
    '2 notes + all questions',
    'AdamW',
  ]) {
    assert.ok(report.replaceAll('&#39;', "'").includes(text), text);
  }
  assert.not.match(report, /Dataset unused/);

  server.requests.length = 0;
  assert.equal(ranSteps(await box.run(['tuned.yaml', '--locked'], online)), []);
  assert.equal(server.requests, []);
});

test('another store needs no network when the cache of the hub has everything', async ({ box, server }) => {
  const ran = ranSteps(await box.withStore(box.path('other-store')).run(['tuned.yaml', 'tokenise[useful]']));
  assert.ok(ran.includes('fetch-dataset[questions]') && ran.includes('tokenise[useful]'), ran.join());
  assert.equal(server.requests, []);
});

test('when the cache of the hub is gone, only what is nowhere else is fetched again', async ({ box, online }) => {
  await rm(box.path('hf'), { recursive: true });
  const lost = await box.runflow(['run', 'tuned.yaml', 'rows[questions]', '--force=rows']);
  assertOneScreen(lost, 3);
  assert.match(outputOf(lost), /fetch-dataset\[questions\].*lab\/rows@c+: default\/train\/ was never listed/s);
  const ran = ranSteps(await box.run(['tuned.yaml'], online));
  // The models were exported from this store, which has their bytes.
  assert.equal(ran.sort(), ['fetch-dataset[notes]', 'fetch-dataset[questions]']);
});

test.run();
