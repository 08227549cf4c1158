import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ranSteps, Sandbox } from '../sandbox.js';

const test = suite<{ sandbox: Sandbox; config: Readonly<Record<string, string>> }>('datasets of programs');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  context.config = { XDG_CONFIG_HOME: context.sandbox.path('config') };
});
test.after.each(({ sandbox }) => sandbox.remove());

test('a program makes a dataset of another one, which models are trained and measured on', async ({
  sandbox,
  config,
}) => {
  const program = (word: string) => `
    const fs = require('node:fs');
    const rows = fs.readFileSync('inputs/lessons.jsonl', 'utf8').trimEnd().split('\\n').map((line) => JSON.parse(line));
    fs.writeFileSync('outputs/rows.jsonl', rows.map(({ prompt }) => JSON.stringify({ prompt, response: '${word}' }) + '\\n').join(''));`;
  await sandbox.write('make.cjs', program('seven'));
  await sandbox.write(
    'made.yaml',
    `runflow: 1
name: made
datasets:
  lessons: { synthetic: problems, rows: 20, seed: 1 }
  made: { command: { run: [node, make.cjs] }, inputs: { lessons: lessons }, take: 8 }
  words: { mix: { lessons: all, made: all } }
recipes: { brief: { lr: 3e-3, steps: 2, batch: 4, template: raw } }
models:
  scratch:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, mlp: 24, vocabulary: 112 }
    tokenizer: { words-of: [words] }
  taught: { pretrain: scratch, on: made, recipe: brief }
metrics:
  nats: { kind: loss, on: made, models: taught, template: raw }
`,
  );
  assert.is((await sandbox.runflow(['run', 'made.yaml'], config)).status, 2);
  const ran = ranSteps(await sandbox.run(['made.yaml', '--allow-commands'], config));
  assert.ok(ran.includes('command-files[made]') && ran.includes('rows[made]'), ran.join());
  const table = await readFile(sandbox.path('results', 'made', 'evaluation.csv'), 'utf8');
  assert.match(table, /^taught,,,,,,,nats,[\d.]+,,,8,0,/m);
  // Other bytes that make the same rows: what comes after is as it was.
  await sandbox.write('make.cjs', `${program('seven')}\n`);
  assert.equal(ranSteps(await sandbox.run(['made.yaml', '--allow-commands'], config)), ['command-files[made]']);
  await sandbox.write('make.cjs', program('eight'));
  assert.ok(ranSteps(await sandbox.run(['made.yaml', '--allow-commands'], config)).includes('train[taught]'));
  const exported = ['export', 'made.yaml', 'taught', '--to', sandbox.path('taught')];
  assert.is((await sandbox.runflow(exported, config)).status, 2);
  assert.is((await sandbox.runflow([...exported, '--allow-commands'], config)).status, 0);
});

test.run();
