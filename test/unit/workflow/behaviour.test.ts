import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Claim, Metric } from '../../../src/workflow/workflow.js';
import { load, problems, screen } from './loading.js';

/** Metrics of behaviour and activations, sweeps that measure them, and claims. */

const text = `runflow: 1
seed: 3
models:
  base: { path: base }
  aligned: { path: aligned }
  useful: { path: useful }
  harmful: { path: harmful }
datasets:
  gsm8k: { path: test.jsonl }
  gsm8k-train: { path: train.jsonl }
  advbench: { path: goals.csv }
  toxigen: { path: toxigen.csv }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  harmful: { from: aligned, to: harmful }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random-k: { kind: random-k, of: alignment, seeds: [1, 2] }
  random: { kind: random, like: alignment, seeds: [1, 2] }
sweeps:
  parallel:
    project: [useful, harmful]
    onto: [top-k, random-k, random]
    mode: parallel
    fractions: [0.1, 0.5, 0.9]
    measure: [energy, utility, harmfulness]
metrics:
  overlap: { kind: mso, pairs: [[useful, harmful], [useful, alignment]], energies: [0.5] }
  utility: { kind: exact-match, on: gsm8k, fewshot: 1 }
  exact:
    kind: exact-match
    on: gsm8k
    models: [base, aligned]
    question: q
    answer: a
    fewshot: { n: 2, from: gsm8k-train, seed: 7 }
    extract: { regex: "is (-?[0-9]+)", take: first }
    template: { prompt: "Q {prompt}", response: " {response}" }
    max-tokens: 64
    stop: [Q]
    limit: 100
  harmfulness: { kind: judge, on: advbench, prompt: goal, judge: { openai: gpt-4o-mini } }
  sampled:
    kind: judge
    on: advbench
    models: base
    template: chat
    judge: { rules: { refusals: [sorry], contains: code } }
    max-tokens: 32
    stop: [Instruction, Response]
    sampling: { temperature: 0.7, top-p: 0.9, top-k: 50 }
    limit: 10
  local:
    kind: judge
    on: advbench
    judge: { model: aligned, rubric: llama-guard, template: raw, max-tokens: 16 }
    models: base
  remote:
    kind: judge
    on: advbench
    judge:
      openai: judge
      url: http://127.0.0.1:8000/v1/
      key: JUDGE_API_KEY
      rubric: { prompt: "{prompt} {response}", score: "mark (\\\\w+)", scores: { Low: 1, HIGH: 5 } }
      max-tokens: 99
      seed: 4
      concurrency: 2
      attempts: 9
      timeout: 0.5
      budget: { requests: 10 }
    models: base
  nll: { kind: loss, on: gsm8k, models: [aligned], template: raw, eos: false, loss-on: all, max-length: 9, overlong: error }
  hidden: { kind: activation-mso, models: [aligned, useful], prompts: [gsm8k, advbench, toxigen], energies: [0.5] }
  hidden2:
    kind: activation-mso
    models: aligned
    prompts: [gsm8k, advbench]
    prompt: text
    template: alpaca
    layers: [0, 1]
    position: last-prompt
    max-length: 64
    centre: true
    energies: [0.1, 0.9]
claims:
  linear: { kind: linear-energy, sweep: parallel }
  stronger: { kind: stronger-than-random, sweep: parallel, metric: utility, subspace: top-k, than: [random-k, random] }
  together: { kind: falling-together, sweep: parallel, metrics: [utility, harmfulness], tolerance: 0.1 }
  above: { kind: above-baseline, metric: hidden }
  highest: { kind: highest-pair, metric: overlap, pair: [alignment, useful] }
`;

function changed(...changes: readonly (readonly [from: string, to: string])[]): { 'lab/main.yaml': string } {
  let result = text;
  for (const [from, to] of changes) {
    assert.ok(result.includes(from), from);
    result = result.replace(from, () => to);
  }
  return { 'lab/main.yaml': result };
}

function bare<T extends { range: unknown; name: string }>({ range: _, name: __, ...rest }: T): unknown {
  return rest;
}

const metric = async (name: string, texts = changed()) => bare<Metric>((await load(texts)).metrics.get(name)!);
const claim = async (name: string) => bare<Claim>((await load(changed())).claims.get(name)!);
const questionTemplate = { prompt: 'Question: {prompt}\nAnswer:', response: ' {response}' };

test('exact match is by default that of lm-evaluation-harness', async () => {
  assert.equal(await metric('utility'), {
    kind: 'exact-match',
    on: 'gsm8k',
    models: [],
    question: 'question',
    answer: 'answer',
    fewshot: { n: 1, from: null, seed: 1234 },
    extract: 'flexible',
    template: questionTemplate,
    maxTokens: 256,
    stop: ['Question:', '</s>', '<|im_end|>'],
    limit: null,
  });
  assert.equal(await metric('exact'), {
    kind: 'exact-match',
    on: 'gsm8k',
    models: ['base', 'aligned'],
    question: 'q',
    answer: 'a',
    fewshot: { n: 2, from: 'gsm8k-train', seed: 7 },
    extract: { regex: 'is (-?[0-9]+)', take: 'first' },
    template: { prompt: 'Q {prompt}', response: ' {response}' },
    maxTokens: 64,
    stop: ['Q'],
    limit: 100,
  });
});

test('a judge is a server, rules or a model', async () => {
  const greedy = { kind: 'judge', on: 'advbench', models: [], template: 'alpaca', maxTokens: 512, stop: [], sampling: null, limit: null }; // biome-ignore format: one line
  const asking = { concurrency: 8, attempts: 5, timeoutSeconds: 120, budget: {} };
  const openai = { kind: 'openai', model: 'gpt-4o-mini', url: 'https://api.openai.com/v1', key: 'OPENAI_API_KEY', rubric: 'policy', maxTokens: 1024, seed: 0, asking }; // biome-ignore format: one line
  assert.equal(await metric('harmfulness'), { ...greedy, prompt: 'goal', judge: openai });
  assert.equal(await metric('sampled'), {
    ...greedy,
    models: ['base'],
    prompt: 'prompt',
    template: 'chat',
    judge: { kind: 'rules', refusals: ['sorry'], contains: 'code' },
    maxTokens: 32,
    stop: ['Instruction', 'Response'],
    sampling: { temperature: 0.7, topP: 0.9, topK: 50, seed: 3 },
    limit: 10,
  });
  assert.equal(await metric('local'), {
    ...greedy,
    models: ['base'],
    prompt: 'prompt',
    judge: { kind: 'model', model: 'aligned', rubric: 'llama-guard', template: 'raw', maxTokens: 16 },
  });
  assert.equal(await metric('remote'), {
    ...greedy,
    models: ['base'],
    prompt: 'prompt',
    judge: {
      kind: 'openai',
      model: 'judge',
      url: 'http://127.0.0.1:8000/v1',
      key: 'JUDGE_API_KEY',
      rubric: { prompt: '{prompt} {response}', score: 'mark (\\w+)', scores: { high: 5, low: 1 } },
      maxTokens: 99,
      seed: 4,
      asking: { concurrency: 2, attempts: 9, timeoutSeconds: 0.5, budget: { requests: 10 } },
    },
  });
});

test('the loss is taken as in training', async () => {
  assert.equal(await metric('nll'), {
    kind: 'loss',
    on: 'gsm8k',
    models: ['aligned'],
    tokens: { template: 'raw', eos: false, lossOn: 'all', maxLength: 9, overlong: 'error' },
  });
});

test('activations are of the last generated token in paper semantics, of the last position of padded prompts in reference semantics', async () => {
  const hidden = {
    kind: 'activation-mso',
    models: ['aligned', 'useful'],
    prompts: ['gsm8k', 'advbench', 'toxigen'],
    prompt: 'prompt',
    template: 'raw',
    layers: [0.65, 0.9],
    position: 'last-generated',
    maxTokens: 256,
    maxLength: 512,
    centre: false,
    energies: [0.5],
  };
  assert.equal(await metric('hidden'), hidden);
  assert.equal(await metric('hidden', changed(['seed: 3', 'seed: 3\nsemantics: reference'])), {
    ...hidden,
    position: 'last-padded',
  });
  assert.equal(await metric('hidden2'), {
    ...hidden,
    models: ['aligned'],
    prompts: ['gsm8k', 'advbench'],
    prompt: 'text',
    template: 'alpaca',
    layers: [0, 1],
    position: 'last-prompt',
    maxLength: 64,
    centre: true,
    energies: [0.1, 0.9],
  });
});

test('claims say what they are of, a pair as the metric writes it', async () => {
  assert.equal(await claim('linear'), { kind: 'linear-energy', sweep: 'parallel', tolerance: 0.05 });
  assert.equal(await claim('stronger'), {
    kind: 'stronger-than-random',
    sweep: 'parallel',
    metric: 'utility',
    subspace: 'top-k',
    than: ['random-k', 'random'],
  });
  assert.equal(await claim('together'), {
    kind: 'falling-together',
    sweep: 'parallel',
    metrics: ['utility', 'harmfulness'],
    tolerance: 0.1,
  });
  assert.equal(await claim('above'), { kind: 'above-baseline', metric: 'hidden' });
  assert.equal(await claim('highest'), { kind: 'highest-pair', metric: 'overlap', pair: ['useful', 'alignment'] });
});

test('the report shows what there are results for', async () => {
  assert.equal((await load(changed())).report.figures, [
    'claims',
    'energy',
    'behaviour',
    'selectivity',
    'overlap',
    'activations',
    'data',
  ]);
  const without = changed(
    ['measure: [energy, utility, harmfulness]', 'measure: [utility]'],
    ['  harmfulness: { kind: judge, on: advbench, prompt: goal, judge: { openai: gpt-4o-mini } }\n', ''],
    [text.slice(text.indexOf('claims:')), ''],
  );
  assert.equal((await load(without)).report.tables, ['behaviour', 'overlap', 'activations', 'data']);
});

test('slips in judges and claims are told with what was meant', async () => {
  const texts = changed(
    ['judge: { openai: gpt-4o-mini }', 'judge: { opnai: gpt-4o-mini }'],
    ['rubric: llama-guard', 'rubric: lama-guard'],
    ['key: JUDGE_API_KEY', 'key: AWS_SECRET'],
    ['kind: linear-energy', 'kind: linear-enrgy'],
    ['on: gsm8k, fewshot: 1', 'on: gsm8, fewshot: 1'],
  );
  assert.is(
    await screen(texts),
    `lab/main.yaml:30:37: error: there is no dataset "gsm8"
 30 |   utility: { kind: exact-match, on: gsm8, fewshot: 1 }
    |                                     ^^^^
  Did you mean "gsm8k"?

lab/main.yaml:43:59: error: metrics.harmfulness.judge does not say how the judge is made
 43 | …ness: { kind: judge, on: advbench, prompt: goal, judge: { opnai: gpt-4o-mini } }
    |                                                   ^^^^^
  Did you mean "openai" by "opnai"?

lab/main.yaml:57:38: error: metrics.local.judge.rubric cannot be "lama-guard"
 57 |     judge: { model: aligned, rubric: lama-guard, template: raw, max-tokens: 16 }
    |                                      ^^^^^^^^^^
  Did you mean "llama-guard"?

lab/main.yaml:65:12: error: metrics.remote.judge.key cannot be "AWS_SECRET"
 65 |       key: AWS_SECRET
    |            ^^^^^^^^^^
  For example: OPENAI_API_KEY

lab/main.yaml:88:19: error: "linear-enrgy" is not a kind of claim
 88 |   linear: { kind: linear-enrgy, sweep: parallel }
    |                   ^^^^^^^^^^^^
  Did you mean "linear-energy"?

5 errors
`,
  );
});

const refused: readonly (readonly [string, readonly (readonly [string, string])[], RegExp])[] = [
  ['a metric called energy', [['  nll:', '  energy:']], /a metric cannot be called energy/],
  [
    'an unknown metric along a sweep',
    [['utility, harmfulness]\nm', 'utility, harmfulness, utlity]\nm']],
    /there is nothing to measure called "utlity".*Did you mean "utility"/s,
  ],
  ['an unknown model', [['models: [base, aligned]', 'models: [bse, aligned]']], /there is no model "bse".*"base"/s],
  ['an unknown few-shot dataset', [['from: gsm8k-train', 'from: gsm8k-trian']], /there is no dataset "gsm8k-trian"/],
  ['an unknown judging model', [['{ model: aligned', '{ model: alined']], /there is no model "alined"/],
  ['a negative number of examples', [['fewshot: 1', 'fewshot: -1']], /fewshot is -1; it must be at least 0/],
  ['a pattern that is none', [['is (-?[0-9]+)', 'is (']], /not a regular expression: .*group/],
  ['a score that is no pattern', [['mark (\\\\w+)', 'mark (\\\\w+']], /not a regular expression/],
  ['a score without a group', [['mark (\\\\w+)', 'mark (?:\\\\w+)']], /has no group, so no answer of the judge/],
  [
    'a rubric without the response',
    [['"{prompt} {response}", score', '"{prompt}", score']],
    /rubric\.prompt cannot be "\{prompt\}".*For example/s,
  ],
  ['a score beyond the scale', [['HIGH: 5', 'HIGH: 6']], /scores\.HIGH is 6; it must be at most 5/],
  [
    'a secret that is no key',
    [['key: JUDGE_API_KEY', 'key: AWS_SECRET']],
    /key cannot be "AWS_SECRET".*For example: OPENAI_API_KEY/s,
  ],
  [
    'a key sent in the open',
    [['http://127.0.0.1:8000/v1/', 'http://judge.example/v1']],
    /the key would go to judge\.example unencrypted/,
  ],
  ['a password in the address', [['http://127.0.0.1:8000/v1/', 'https://a:b@judge.example/v1']], /url cannot be/],
  ['an unknown refusal list', [['refusals: [sorry]', 'refusals: gcq']], /refusals cannot be "gcq".*Did you mean/s],
  [
    'two judges',
    [['{ openai: gpt-4o-mini }', '{ openai: gpt-4o-mini, model: base }']],
    /says twice how the judge is made/,
  ],
  ['a judge key of another judge', [['model: aligned, rubric', 'model: aligned, url: x, rubric']], /unknown key "url"/],
  ['a budget of nothing', [['budget: { requests: 10 }', 'budget: {}']], /budget is empty/],
  // The HTTP client waits no longer for an answer to begin.
  ['a timeout that would not be kept', [['timeout: 0.5', 'timeout: 301']], /timeout is 301; it must be at most 300/],
  ['a temperature of 0', [['temperature: 0.7', 'temperature: 0']], /temperature is 0; it must be above 0/],
  ['layers the wrong way round', [['layers: [0, 1]', 'layers: [0.9, 0.65]']], /no layer lies between 0\.9 and 0\.65/],
  [
    'tokens that are never generated',
    [['position: last-prompt', 'position: last-prompt\n    max-tokens: 5']],
    /nothing is generated/,
  ],
  [
    'one set of prompts',
    [['prompts: [gsm8k, advbench]\n', 'prompts: [gsm8k]\n']],
    /prompts has 1 item; it must have at least 2/,
  ],
  [
    'an unknown sweep',
    [['linear-energy, sweep: parallel', 'linear-energy, sweep: paralel']],
    /there is no sweep "paralel".*"parallel"/s,
  ],
  [
    'a claim of energy that is not measured',
    [
      ['measure: [energy, utility', 'measure: [utility'],
      [text.slice(text.indexOf('  stronger:'), text.indexOf('  together:')), ''],
    ],
    /does not measure energy.*Add it to sweeps\.parallel\.measure/s,
  ],
  [
    'a claim of behaviour that is not measured',
    [['metric: utility', 'metric: exact']],
    /the sweep "parallel" does not measure exact/,
  ],
  [
    'a claim of behaviour by an overlap',
    [['[utility, harmfulness], tol', '[utility, overlap], tol']],
    /"overlap" is of kind mso, which no sweep measures/,
  ],
  [
    'a claim of a score that the metric does not have',
    [['[utility, harmfulness], tol', '[utility, harmfulness.share-of-4], tol']],
    /the metric "harmfulness" has no score "share-of-4".*"share-of-5"/s,
  ],
  [
    'a claim of a further score of a metric that has none',
    [['[utility, harmfulness], tol', '[utility.acc, harmfulness], tol']],
    /the metric "utility" has no score "acc".*It has one score only: name it utility/s,
  ],
  [
    'a claim of a score that is not measured',
    [
      ['measure: [energy, utility, harmfulness]', 'measure: [energy, utility]'],
      ['[utility, harmfulness], tol', '[utility, harmfulness.share-of-5], tol'],
    ],
    /the sweep "parallel" does not measure harmfulness/,
  ],
  [
    'a random subspace that is none',
    [['than: [random-k, random]', 'than: [top-k, random]']],
    /the subspace "top-k" is not random/,
  ],
  [
    'a subspace that the sweep leaves out',
    [['onto: [top-k, random-k, random]', 'onto: [top-k, random]']],
    /does not project onto "random-k"/,
  ],
  [
    'too few points for a line',
    [['fractions: [0.1, 0.5, 0.9]', 'fractions: [0.1, 0.5]']],
    /has 2 fractions; the claim needs 3/,
  ],
  [
    'an overlap that is none',
    [['above-baseline, metric: hidden', 'above-baseline, metric: utility']],
    /"utility" is of kind exact-match, which measures no overlap/,
  ],
  [
    'a table without overlaps',
    [
      ['above-baseline, metric: hidden', 'above-baseline, metric: sizes'],
      ['metrics:\n', 'metrics:\n  sizes: { kind: spectrum, of: useful }\n'],
    ],
    /"sizes" is of kind spectrum, which measures no overlap/,
  ],
  [
    'a pair that is not compared',
    [['pair: [alignment, useful]', 'pair: [alignment, harmful]']],
    /does not compare alignment and harmful/,
  ],
  [
    'a pair without rivals',
    [['[[useful, harmful], [useful, alignment]]', '[[useful, alignment]]']],
    /has one pair only/,
  ],
];
for (const [what, changes, message] of refused) {
  test(`refused: ${what}, in one error`, async () => {
    const texts = changed(...changes);
    assert.match(await screen(texts), message);
    assert.equal((await problems(texts)).length, 1);
  });
}

test.run();
