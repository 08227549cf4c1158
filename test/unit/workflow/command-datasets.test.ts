import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems } from './loading.js';

const lab = (dataset: string) => ({
  'lab/main.yaml': `runflow: 1
models: { base: { path: base } }
datasets: { asked: { path: asked.jsonl }, made: { ${dataset} } }
metrics: { m: { kind: loss, on: made, models: base } }
`,
});

const command = 'command: { run: [python3, make.py] }';

test('a dataset that a program makes has rows.jsonl, and is given datasets by name', async () => {
  const {
    range: _,
    command: program,
    ...plain
  } = (await load(lab(command))).datasets.get('made')! as never as Record<string, object>;
  assert.equal(plain, { name: 'made', transforms: {}, kind: 'command', inputs: [], file: 'rows.jsonl' });
  assert.equal((program as { run?: unknown }).run, ['python3', 'make.py']);
  const given = (
    await load(lab(`${command}, inputs: { b: asked, a: asked }, rows: out/made.csv.gz, take: 3`))
  ).datasets.get('made')!;
  if (given.kind !== 'command') throw new Error(given.kind);
  assert.equal(given.inputs, [
    { name: 'a', dataset: 'asked' },
    { name: 'b', dataset: 'asked' },
  ]);
  assert.is(given.file, 'out/made.csv.gz');
  assert.is(given.transforms.take, 3);
});

test('files outside outputs, of no known kind, and circles are refused', async () => {
  for (const file of [
    '../rows.jsonl',
    '/rows.jsonl',
    'a/../../rows.jsonl',
    'rows.txt',
    './rows.jsonl',
    'a//rows.jsonl',
  ]) {
    const [said] = await problems(lab(`${command}, rows: "${file}"`));
    assert.match(said!, /is not the name of a data file in outputs/, file);
  }
  assert.match((await problems(lab(`${command}, inputs: { a: made }`)))[0]!, /a dataset is made from itself/);
  assert.match((await problems(lab(`${command}, inputs: { a: none }`)))[0]!, /there is no dataset "none"/);
  assert.match((await problems(lab(`${command}, inputs: { ../a: asked }`)))[0]!, /cannot be a name/);
});

test.run();
