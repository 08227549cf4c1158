import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Metric } from '../../../src/workflow/workflow.js';
import { load, problems, screen } from './loading.js';

const lab = (metric: string) => ({
  'lab/main.yaml': `runflow: 1
models: { base: { path: base } }
datasets: { arc: { path: arc.jsonl }, dev: { path: dev.jsonl } }
metrics:
  m: { kind: multiple-choice, on: arc, models: base, ${metric} }
`,
});

async function resolved(metric: string): Promise<unknown> {
  const { range: _, name: __, ...rest } = (await load(lab(metric))).metrics.get('m')! as Metric;
  return rest;
}

const plain = {
  kind: 'multiple-choice',
  on: 'arc',
  models: ['base'],
  question: 'question',
  choices: 'choices',
  labels: null,
  answer: 'answer',
  template: 'Question: {question}\nAnswer:',
  continuation: 'text',
  description: null,
  chat: false,
  prefix: null,
  fewshot: { n: 0, from: null, pick: { seed: 1234 } },
  groups: null,
  scores: ['acc', 'acc_norm'],
  bos: 'tokenizer',
  maxLength: null,
  limit: null,
};

test('questions are by default asked as lm-evaluation-harness asks those of ARC', async () => {
  assert.equal(await resolved('limit: 5'), { ...plain, limit: 5 });
  assert.equal(await resolved('fewshot: 3, scores: mc2, chat: true, prefix: The answer is'), {
    ...plain,
    fewshot: { ...plain.fewshot, n: 3 },
    scores: ['mc2'],
    chat: true,
    prefix: 'The answer is',
  });
  const mmlu =
    'question: q, choices: [A, B], labels: l, answer: a.b, template: "{question.strip()}{choices}", continuation: label, description: "{s}", fewshot: { n: 5, from: dev, pick: first }, groups: s, scores: [acc_norm, mc1], bos: none, max-length: 64';
  assert.equal(await resolved(mmlu), {
    ...plain,
    question: 'q',
    choices: ['A', 'B'],
    labels: 'l',
    answer: 'a.b',
    template: '{question.strip()}{choices}',
    continuation: 'label',
    description: '{s}',
    fewshot: { n: 5, from: 'dev', pick: 'first' },
    groups: 's',
    scores: ['acc_norm', 'mc1'],
    bos: 'none',
    maxLength: 64,
  });
});

const refused: readonly (readonly [what: string, metric: string, message: RegExp])[] = [
  ['a template without the question', 'template: "Q:"', /template cannot be "Q:".*\{question\}/s],
  [
    'labels that the model is not shown',
    'continuation: label',
    /does not show what the labels stand for.*\{choices\}/s,
  ],
  ['a score that is none', 'scores: accuracy', /scores cannot be "accuracy"/],
  ['a score twice', 'scores: [acc, acc]', /scores/],
  [
    'a seed of what is not drawn',
    'fewshot: { n: 1, pick: first, seed: 3 }',
    /nothing is drawn by the seed.*pick: random/s,
  ],
  ['examples of an unknown dataset', 'fewshot: { n: 1, from: dve }', /there is no dataset "dve".*"dev"/s],
  ['a beginning that is neither', 'bos: yes', /bos/],
  ['no choices', 'choices: []', /choices has 0 items; it must have at least 1/],
];
for (const [what, metric, message] of refused) {
  test(`refused: ${what}, in one error with its line`, async () => {
    assert.match(await screen(lab(metric)), message);
    const found = await problems(lab(metric));
    assert.is(found.length, 1, found.join('\n'));
    assert.match(found[0]!, /^lab\/main\.yaml:5:\d+: /);
  });
}

test.run();
