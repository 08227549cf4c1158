import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../src/report/tables/csv.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { ranSteps, Sandbox } from '../sandbox.js';

const test = suite<{ sandbox: Sandbox }>('behaviour metrics');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

const workflow = `runflow: 1
name: lab
datasets:
  lessons: { synthetic: problems, rows: 64, seed: 1 }
  requests: { synthetic: vaults, rows: 8, answer: refuse, seed: 2 }
  words: { mix: { lessons: all, requests: all } }
recipes:
  brief: { lr: 3e-3, steps: 4, batch: 8, template: raw }
models:
  scratch:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, mlp: 24, vocabulary: 112 }
    tokenizer: { words-of: [words] }
  aligned: { align: scratch, on: words, recipe: brief }
  tuned: { finetune: aligned, on: lessons, recipe: brief }
updates: { tuning: { from: aligned, to: tuned } }
subspaces: { top-k: { kind: top-k, of: tuning } }
sweeps:
  inside: { project: tuning, onto: top-k, mode: parallel, fractions: [0.25, 1], measure: [drift, surprise, nats] }
metrics:
  drift: { kind: kl, on: requests, reference: aligned, template: raw, limit: 5 }
  refusals: { kind: refusal-rate, on: requests, models: [scratch, tuned], template: raw, max-tokens: 4, phrases: [vault, the] }
  surprise: { kind: perplexity, on: lessons, template: raw }
  nats: { kind: loss, on: lessons, template: raw }
`;

test('divergence, refusals and perplexity of models and of the points of a sweep', async ({ sandbox }) => {
  await sandbox.write('lab.yaml', workflow);
  await sandbox.run(['lab.yaml']);
  const rows = readTable(await readFile(sandbox.path('results', 'lab', 'evaluation.csv'), 'utf8'), evaluationColumns);
  const value = (metric: string, model: string, fraction: number | null = null) =>
    rows.find((row) => row.metric === metric && row.model === model && row.fraction === fraction)!.value!;

  assert.is(value('drift', 'aligned'), 0);
  const whole = value('drift', 'tuned');
  assert.ok(whole > 0 && whole < 5, String(whole));
  // All directions of the update together make the tuned model again.
  assert.ok(Math.abs(value('drift', '', 1) / whole - 1) < 1e-3, String(value('drift', '', 1)));
  assert.ok(value('drift', '', 0.25) > 0);

  for (const [model, fraction] of [
    ['aligned', null],
    ['tuned', null],
    ['', 0.25],
  ] as const) {
    const expected = Math.exp(value('nats', model, fraction));
    assert.ok(Math.abs(value('surprise', model, fraction) / expected - 1) < 1e-12, model);
  }
  const refusing = rows.filter(({ metric }) => metric === 'refusals');
  assert.equal(
    refusing.map(({ model, n, invalid }) => [model, n + invalid]),
    [
      ['scratch', 8],
      ['tuned', 8],
    ],
  );
  const again = await sandbox.run(['lab.yaml']);
  assert.equal(ranSteps(again), []);
});

test('a reference that is no model is refused at its place, and so is a phrase that is empty', async ({ sandbox }) => {
  for (const [before, after, says] of [
    ['reference: aligned', 'reference: alinged', /"alinged".*\n(.*\n)*.*aligned/],
    ['phrases: [vault, the]', 'phrases: [""]', /phrases/],
  ] as const) {
    const text = workflow.replace(before, after);
    await sandbox.write('lab.yaml', text);
    const { status, stdout, stderr } = await sandbox.runflow(['validate', 'lab.yaml']);
    assert.is(status, 2);
    const line = text.split('\n').findIndex((one) => one.includes(after)) + 1;
    assert.match(stdout + stderr, new RegExp(`lab\\.yaml:${line}:`));
    assert.match(stdout + stderr, says);
  }
});

test.run();
