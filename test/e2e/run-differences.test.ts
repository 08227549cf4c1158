import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunDifference } from '../../src/history/run-difference.js';
import { readTable } from '../../src/report/tables/csv.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { Sandbox } from '../sandbox.js';

/** A model that is trained for three steps, and what it solves: whole in kind, far too small to learn anything. */
const lab = `runflow: 1
name: lab
params: { questions: 12 }
datasets:
  lessons: { synthetic: problems, rows: 64, seed: 1 }
  questions: { synthetic: problems, rows: "\${params.questions}", split: test, seed: 3 }
recipes:
  brief: { lr: 3e-3, steps: 3, batch: 8, template: { prompt: "user : {prompt} assistant :", response: " {response}" } }
models:
  scratch:
    init: { family: llama, hidden: 16, layers: 2, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 112, tied: true }
    tokenizer: { words-of: [lessons], template: { prompt: "user : {prompt} assistant :", response: " {response}" } }
  base: { pretrain: scratch, on: lessons, recipe: brief }
metrics:
  utility:
    kind: exact-match
    on: questions
    question: prompt
    models: [scratch, base]
    template: { prompt: "user : {prompt} assistant :", response: " {response}" }
    max-tokens: 6
  surprise: { kind: loss, on: questions, models: base, template: raw }
`;

const test = suite('differences of runs');
const secret = 'hf_secretSECRETsecret';
let sandbox: Sandbox;
test.before(async () => {
  sandbox = await Sandbox.make();
  await sandbox.write('lab.yaml', lab);
  await sandbox.run(['lab.yaml', '--tag', 'slow'], { HF_TOKEN: secret });
  await sandbox.write('lab.yaml', lab.replace('lr: 3e-3', 'lr: 1e-2'));
  await sandbox.run(['lab.yaml', '--tag', 'fast'], { HF_TOKEN: secret });
  await sandbox.run(['lab.yaml', '--set', 'params.questions=20', '--tag', 'longer']);
});
test.after(() => sandbox.remove());

async function diff(...argv: readonly string[]): Promise<RunDifference> {
  const { status, stdout, stderr } = await sandbox.runflow(['diff', ...argv, '--json']);
  assert.is(status, 0, stderr);
  return JSON.parse(stdout) as RunDifference;
}

async function evaluationOf(tag: string) {
  const { status } = await sandbox.runflow(['restore', tag, '--to', tag]);
  assert.is(status, 0);
  return readTable(readFileSync(sandbox.path(tag, 'evaluation.csv'), 'utf8'), evaluationColumns);
}

test('one edited line is one parameter, and the metrics that moved have paired intervals where scores have bounds', async () => {
  const { params, metrics, sameMetrics, steps } = await diff('slow', 'fast');
  assert.equal(params, [{ field: 'lr', of: 'recipes.brief', before: '3e-3', after: '1e-2', line: 8 }]);
  assert.ok(steps.changed.includes('train[base]') && !steps.changed.includes('init[scratch]'));
  const [slow, fast] = [await evaluationOf('slow'), await evaluationOf('fast')];
  const moved = fast.filter(
    (row) => slow.find((old) => old.model === row.model && old.metric === row.metric)?.value !== row.value,
  );
  assert.equal(
    metrics.map(({ metric, of }) => [metric, of.model]),
    moved.map(({ metric, model }) => [metric, model]),
  );
  assert.is(sameMetrics, fast.length - moved.length);
  const surprise = metrics.find(({ metric }) => metric === 'surprise')!;
  assert.equal([surprise.low, surprise.high, surprise.method], [null, null, 'no interval: nothing bounds the scores']);
  for (const { metric, before, after, difference, low, high, method } of metrics) {
    assert.ok(Math.abs(difference! - (after! - before!)) < 1e-12, metric);
    if (metric !== 'utility') continue;
    assert.is(method, 'paired over 12 items');
    assert.ok(low! <= difference! && difference! <= high! && low! >= -1 && high! <= 1);
  }
});

test('runs with other items are compared unpaired, and --set is named as the place of the parameter', async () => {
  const { params, metrics } = await diff('fast', 'longer');
  assert.equal(params, [{ field: 'questions', of: 'params', before: '12', after: '20', option: '--set' }]);
  const moved = metrics.filter(({ metric }) => metric === 'utility');
  for (const { method, low, high, difference } of moved) {
    assert.is(method, 'unpaired, 12 and 20 items');
    assert.ok(low! <= difference! && difference! <= high!);
  }
  const { stdout } = await sandbox.runflow(['diff', 'fast', 'longer']);
  assert.match(stdout, /\nParameters\n {2}questions 12 → 20, params by --set\n/);
});

test('logs of a cached step are those of the attempt that made it', async () => {
  const made = (await sandbox.runflow(['logs', 'train[base]', '--run', 'fast'])).stdout;
  assert.match(made, /^train\[base\]: attempt 1 of run \S+, .*, done\n.*device memory.*\n.*3 of 3 steps: loss/);
  assert.is((await sandbox.runflow(['logs', 'train[base]', '--run', 'longer'])).stdout, made);
  assert.not.match(
    (await sandbox.runflow(['logs', 'train[base]', '--run', 'slow'])).stdout,
    new RegExp(made.split('\n')[2]!),
  );
  assert.match((await sandbox.runflow(['logs', 'init[scratch]'])).stdout, /said nothing; done in /);
});

test('metrics of whole models are columns of runs', async () => {
  const { stdout } = await sandbox.runflow(['runs']);
  const [, header, ...rows] = stdout.split('\n');
  for (const column of [/ lr /, / questions /, / surprise\[base\]/]) assert.match(header!, column);
  for (const cell of [/ slow /, / 3e-3 /, / 12 /]) assert.match(rows[2]!, cell);
  const only = (await sandbox.runflow(['runs', '--metric', 'utility[base]'])).stdout;
  assert.match(only, / utility\[base\]\n/);
  assert.not.match(only, /surprise/);
});

test('no secret of the environment is in the store', () => {
  for (const name of readdirSync(join(sandbox.store), { recursive: true, encoding: 'utf8' })) {
    if (name.startsWith('objects') || !/\.|actions|logs/.test(name)) continue;
    const path = join(sandbox.store, name);
    const bytes = readOrNothing(path);
    const text = name.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString();
    assert.not.ok(text.includes(secret), name);
  }
});

function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return Buffer.alloc(0);
    throw error;
  }
}

test.run();
