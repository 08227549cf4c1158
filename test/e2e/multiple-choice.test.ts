import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../src/report/tables/csv.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { ranSteps, Sandbox, summaryOf } from '../sandbox.js';

/** Stand-ins with the columns of ARC, MMLU and TruthfulQA on the hub, in words that the small world knows. */
const sums = [0, 1, 2, 3, 4, 5].map((a) => ({
  question: `tom has ${a} apples and gets 2 more . how many apples ?`,
  texts: [`${a} plus 2 is ${a + 2}`, `${a} plus 2 is ${a + 3}`, `${a} plus 2 is ${a}`, '2 is 2'],
}));
const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const files = {
  'arc.jsonl': lines(
    sums.map(({ question, texts }, index) => ({
      id: `ARC_${index}`,
      question,
      answerKey: index % 2 ? '1' : 'A',
      choices: { text: texts, label: index % 2 ? ['1', '2', '3', '4'] : ['A', 'B', 'C', 'D'] },
    })),
  ),
  'mmlu.jsonl': lines(
    sums.map(({ question, texts }, index) => ({
      question: ` ${question}`,
      subject: index < 4 ? 'plus_apples' : 'more',
      choices: texts,
      answer: 0,
    })),
  ),
  'truthful.jsonl': lines(
    sums.map(({ question, texts }) => ({
      question,
      mc1_targets: { choices: texts, labels: [1, 0, 0, 0] },
      mc2_targets: { choices: texts, labels: [1, 0, 0, 1] },
    })),
  ),
  'flat.csv': `question,A,B,answer\n${sums.map(({ question, texts }) => `${question},${texts[1]},${texts[0]},B\n`).join('')}`,
};

const lab = (changed: (text: string) => string = (text) => text) =>
  changed(`runflow: 1
name: lab
datasets:
  lessons: { synthetic: problems, rows: 400, seed: 1 }
  arc: { path: arc.jsonl }
  mmlu: { path: mmlu.jsonl }
  truthful: { path: truthful.jsonl }
  flat: { path: flat.csv }
models:
  base:
    init: { family: llama, hidden: 16, layers: 2, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 112, tied: true }
    tokenizer: { words-of: [lessons], template: { prompt: "{prompt} A . B C D", response: " {response}" } }
  tuned: { perturb: base, seed: 1, norm: 0.2, decay: 0.8 }
updates:
  tuning: { from: base, to: tuned }
subspaces:
  top-k: { kind: top-k, of: tuning }
sweeps:
  inside: { project: tuning, onto: top-k, mode: parallel, fractions: [0.5, 1], measure: [energy, arc, mc2] }
metrics:
  arc: { kind: multiple-choice, on: arc, choices: choices.text, labels: choices.label, answer: answerKey, template: "{question}", fewshot: 1 }
  mmlu:
    kind: multiple-choice
    on: mmlu
    models: [base, tuned]
    template: "{question.strip()} {choices}"
    continuation: label
    description: "{subject} "
    groups: subject
    fewshot: { n: 1, from: mmlu, pick: first }
    scores: acc
  mc1: { kind: multiple-choice, on: truthful, models: base, choices: mc1_targets.choices, answer: mc1_targets.labels, template: "{question}", scores: mc1 }
  mc2: { kind: multiple-choice, on: truthful, choices: mc2_targets.choices, answer: mc2_targets.labels, template: "{question}", scores: [mc2, acc] }
  flat: { kind: multiple-choice, on: flat, models: base, choices: [A, B], template: "{question}", scores: [acc_norm] }
claims:
  together: { kind: falling-together, sweep: inside, metrics: [arc.acc_norm, mc2] }
`);

const test = suite<{ sandbox: Sandbox }>('multiple choice, from end to end');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  for (const [name, text] of Object.entries(files)) await context.sandbox.write(name, text);
});
test.after.each(({ sandbox }) => sandbox.remove());

test('whole models and every point have rows for scores and groups; another score reads no model again', async ({
  sandbox,
}) => {
  await sandbox.write('lab.yaml', lab());
  await sandbox.run(['lab.yaml']);
  const text = (name: string) => readFile(sandbox.path('results/lab', name), 'utf8');
  const rows = readTable(await text('evaluation.csv'), evaluationColumns);
  const counted = (metric: string) => rows.filter((row) => row.metric === metric).map(({ n, invalid }) => [n, invalid]);
  // Both ends and two points; models that are named; the items of each.
  for (const metric of ['arc', 'arc.acc_norm', 'mc2', 'mc2.acc']) assert.equal(counted(metric), Array(4).fill([6, 0]));
  for (const metric of ['mc1', 'flat']) assert.equal(counted(metric), [[6, 0]]);
  assert.equal(counted('mmlu'), Array(2).fill([6, 0]));
  assert.equal(counted('mmlu/plus_apples'), Array(2).fill([4, 0]));
  assert.equal(counted('mmlu/more'), Array(2).fill([2, 0]));
  assert.equal(rows.filter(({ metric }) => /^(mmlu|mc1|flat)\./.test(metric)), []); // biome-ignore format: one line
  for (const { value, ci_low: low, ci_high: high } of rows) {
    assert.ok(low! <= value! && value! <= high! && low! >= 0 && high! <= 1);
  }
  // All of the update is the model with it.
  const arc = (of: (row: (typeof rows)[number]) => boolean) => rows.find((row) => row.metric === 'mc2' && of(row))!;
  const [whole, all] = [arc(({ model }) => model === 'tuned'), arc(({ fraction }) => fraction === 1)];
  assert.ok(Math.abs(whole.value! - all.value!) < 1e-3, `${whole.value} and ${all.value}`);
  const [item] = (await text('items/mmlu.jsonl')).split('\n').map((line) => line && JSON.parse(line));
  assert.match(item.prompt, /^plus apples tom has 0 apples.* A\. 0 plus.*\nD\. 2 is 2 A\n\ntom has 0 apples/s);
  for (const name of ['doc_id', 'doc', 'target', 'resps', 'filtered_resps', 'acc']) assert.ok(name in item, name);
  const report = await text('report.html');
  for (const title of ['arc: acc_norm', 'mmlu by group']) assert.ok(report.includes(title), title);
  assert.match(await text('tables/groups-mmlu.md'), /\n\| plus\\_apples \| 4 \| \S+ \[\S+\] \| \S+ \[\S+\] \|\n/);
  assert.match(await text('tables/behaviour-arc.acc_norm.tex'), /^% arc: acc_norm: /);
  assert.match(await text('claims.csv'), /together,falling-together,"tuning, top-k: arc.acc_norm falls"/);
  assert.is(summaryOf(await sandbox.run(['lab.yaml'])).ran, 0);

  await sandbox.write(
    'lab.yaml',
    lab((text) => text.replace('scores: [mc2, acc]', 'scores: [mc2, acc_norm]')),
  );
  const again = ranSteps(await sandbox.run(['lab.yaml'])).map((id) => id.replace(/\[.*/, ''));
  assert.equal([...new Set(again)].sort(), [
    'claims',
    'evaluation-table',
    'figures',
    'multiple-choice',
    'report',
    'tables',
  ]);
});

test('rows that cannot be scored are refused by their number, with what to do', async ({ sandbox }) => {
  const broken = files['arc.jsonl'].split('\n');
  broken[3] = broken[3]!.replace('"answerKey":"1"', '"answerKey":"E"');
  await sandbox.write('arc.jsonl', broken.join('\n'));
  await sandbox.write(
    'lab.yaml',
    lab((text) => text.replace(', fewshot: 1', '')),
  );
  const { status, stderr, stdout } = await sandbox.start(['run', 'lab.yaml', 'multiple-choice[arc,base]']).ended;
  assert.is(status, 1);
  const told = `${stdout}${stderr}`;
  assert.match(told, 'datasets.arc: row 4: the answer "E" of "answerKey" is none of the choices');
  assert.match(told, 'The labels are "1", "2", "3", "4".');
});

test.run();
