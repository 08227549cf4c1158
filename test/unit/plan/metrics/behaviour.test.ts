import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../../src/diagnostics/render.js';
import { expand } from '../../../../src/plan/expand.js';
import type { Plan } from '../../../../src/plan/plan.js';
import type { GenerateParams } from '../../../../src/steps/generate.js';
import type { ProjectedModel } from '../../../../src/steps/recipes/projected.js';
import { loadWorkflow } from '../../../../src/workflow/load.js';
import { memoryFiles } from '../../workflow/memory-files.js';
import { keysOf, moved, planOf, workflowOf } from '../keyed-plan.js';
import { areAdjacent, changed, idsOf, measuredLab, measurements, stepOf } from '../measured-lab.js';

/** Metrics of behaviour, of models and along the points of sweeps. */

const point = 'useful,top-k,parallel,right,0.5';
const modelIn = (plan: Plan, id: string) => (stepOf(plan, id).params as GenerateParams).model as ProjectedModel;
const unknown = { models: new Map(), commits: new Map() };

test('a sweep measures both ends of its updates, what its subspaces start from, and its points', async () => {
  const plan = await planOf(measuredLab);
  assert.equal(measurements(plan), [
    ...['harm of aligned', 'utility of aligned'],
    ...['harm of base', 'utility of base'],
    ...['harm of useful', 'utility of useful'],
    ...['harm of useful,top-k,parallel,right,0.1', 'utility of useful,top-k,parallel,right,0.1'],
    ...[`harm of ${point}`, `utility of ${point}`],
  ]);
  assert.equal(
    plan.results.map(({ file }) => file),
    [
      ...['energy.csv', 'energy-by-tensor.csv', 'evaluation.csv', 'items/harm.jsonl', 'items/utility.jsonl'],
      ...['samples.csv', 'figures/', 'tables/', 'report.html'],
    ],
  );
});

test('a point is a model that is made in memory from both ends of the update and a basis a tensor', async () => {
  const plan = await planOf(measuredLab);
  const { params, inputs, group, origin } = stepOf(plan, `generate[utility,${point}]`);
  const { model, ...others } = params as GenerateParams;
  assert.equal(others, {
    dataset: 'datasets.gsm8k',
    prompts: {
      questions: {
        question: 'question',
        answer: 'answer',
        template: { prompt: 'Question: {prompt}\nAnswer:', response: ' {response}' },
      },
      fewshot: { n: 1, seed: 1234 },
    },
    limit: null,
    maxTokens: 256,
    stop: ['Question:', '</s>', '<|im_end|>'],
    sampling: null,
  });
  const { ranks, ...how } = model as ProjectedModel;
  assert.equal(how, { kind: 'projected', mode: 'parallel', side: 'right' });
  const tensors = Object.keys(ranks);
  assert.is(tensors.length, 3 + 2 * 9);
  assert.is(ranks['model.embed_tokens.weight'], 4);
  assert.is(ranks['model.norm.weight'], 1);
  const basis = (tensor: string, output: string) => ({ node: `svd[alignment,${tensor}]`, output });
  const vectors = tensors.filter((name) => name.endsWith('norm.weight'));
  assert.is(vectors.length, 5);
  assert.equal(inputs, {
    from: { node: 'perturb[aligned]', output: '*' },
    to: { node: 'perturb[useful]', output: '*' },
    ...Object.fromEntries(
      tensors.flatMap((tensor) => [
        [`basis/${tensor}`, basis(tensor, vectors.includes(tensor) ? 'u' : 'v')],
        [`s/${tensor}`, basis(tensor, 's')],
      ]),
    ),
    rows: { node: 'synthetic[gsm8k]', output: 'rows' },
    examples: { node: 'synthetic[examples]', output: 'rows' },
  });
  assert.is(group, 'Responses for utility');
  assert.is(origin, 'metrics.utility');
  assert.equal(stepOf(plan, `exact-match[utility,${point}]`).inputs, {
    rows: { node: 'synthetic[gsm8k]', output: 'rows' },
    responses: { node: `generate[utility,${point}]`, output: 'responses' },
  });
  assert.equal(stepOf(plan, `exact-match[utility,${point}]`).params, {
    dataset: 'datasets.gsm8k',
    answer: 'answer',
    extract: 'flexible',
  });
  assert.equal(stepOf(plan, `judge[harm,${point}]`).params, {
    dataset: 'datasets.advbench',
    prompt: 'prompt',
    judge: { rules: { refusals: 'qi' } },
  });
  assert.equal(stepOf(plan, 'generate[harm,useful]').inputs, {
    model: { node: 'perturb[useful]', output: '*' },
    rows: { node: 'synthetic[advbench]', output: 'rows' },
  });
});

test('nothing is decomposed but what the points are projected onto, and no projected model is written', async () => {
  const plan = await planOf(changed(['[energy, utility, harm]', '[utility]']));
  assert.ok(idsOf(plan, 'svd').every((id) => id.startsWith('svd[alignment,')));
  assert.equal(idsOf(plan, 'energy', 'energy-table', 'project'), []);
  assert.equal(idsOf(plan, 'judge'), []);
});

test('a point that two sweeps share is measured once, on behalf of both', async () => {
  const second = `  second: { project: [useful, harmful], onto: [top-k], mode: parallel, fractions: [0.5, 0.9], measure: [utility] }
metrics:
`;
  const plan = await planOf(changed(['metrics:\n', second]));
  const lines = measurements(plan);
  assert.is(new Set(lines).size, lines.length);
  assert.equal(
    lines.filter((line) => line.startsWith('utility')),
    [
      ...['utility of aligned', 'utility of base', 'utility of harmful', 'utility of useful'],
      ...['utility of useful,top-k,parallel,right,0.1', `utility of ${point}`],
      'utility of useful,top-k,parallel,right,0.9',
      ...['utility of harmful,top-k,parallel,right,0.5', 'utility of harmful,top-k,parallel,right,0.9'],
    ],
  );
  const both = ['sweeps.parallel', 'sweeps.second'].map((name) => plan.named.get(name)!);
  for (const ids of both) assert.ok(ids.includes(`exact-match[utility,${point}]`));
  assert.ok(both[0]!.includes(`judge[harm,${point}]`));
  assert.not.ok(both[1]!.includes(`judge[harm,${point}]`));
  assert.not.ok(both[1]!.includes('exact-match[utility,useful,top-k,parallel,right,0.1]'));
});

test('all that is measured of one projected model stands together', async () => {
  const plan = await planOf(
    changed(
      ['onto: [top-k]', 'onto: [top-k, random-k, random]'],
      ['[energy, utility, harm]', '[energy, utility, harm, nll]'],
      ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: half }\n'],
      ['datasets:\n', '  half: { project: useful, onto: top-k, mode: parallel, fraction: 0.3 }\ndatasets:\n'],
      ['fewshot: {', 'models: half, fewshot: {'],
    ),
  );
  const projected = plan.steps.filter(
    ({ params }) => (params.model as ProjectedModel | undefined)?.kind === 'projected',
  );
  const subjects = new Set(projected.map(({ id }) => id.slice(id.indexOf(',') + 1, -1)));
  assert.is(subjects.size, 2 * 4 + 1);
  for (const subject of subjects) {
    const ids = ['generate', 'exact-match', 'judge', 'loss'].flatMap((kind) =>
      idsOf(plan, kind).filter((id) => id.endsWith(`,${subject}]`)),
    );
    assert.is(ids.length, subject === 'half' ? 3 : 5, ids.join());
    assert.ok(areAdjacent(plan, ids), `the steps of ${subject} stand apart`);
  }
});

test('every seed, mode and side of a sweep is a point of its own', async () => {
  const plan = await planOf(
    changed(
      ['onto: [top-k]', 'onto: [top-k, random-k, random]'],
      ['mode: parallel', 'mode: opposite\n    side: left'],
      ['fractions: [0.5, 0.1]', 'fractions: [0.25]'],
      ['[energy, utility, harm]', '[utility]'],
    ),
  );
  const generated = idsOf(plan, 'generate').filter((id) => id.includes('opposite'));
  assert.equal(generated, [
    'generate[utility,useful,top-k,opposite,left,0.25]',
    'generate[utility,useful,random-k#1,opposite,left,0.25]',
    'generate[utility,useful,random-k#2,opposite,left,0.25]',
    'generate[utility,useful,random#1,opposite,left,0.25]',
  ]);
  const permuted = generated.map((id) => modelIn(plan, id).permute);
  assert.equal(permuted, [undefined, 1, 2, undefined]);
  for (const id of generated) {
    const { mode, side, ranks } = modelIn(plan, id);
    assert.equal([mode, side, ranks['model.layers.0.mlp.up_proj.weight']], ['opposite', 'left', 2]);
  }
  const wide = 'model.layers.0.mlp.down_proj.weight';
  assert.equal(stepOf(plan, generated[1]!).inputs[`basis/${wide}`], { node: `svd[alignment,${wide}]`, output: 'u' });
  const random = stepOf(plan, generated[3]!).inputs;
  assert.equal(random[`basis/${wide}`], { node: `random-basis[random#1,left,${wide}]`, output: 'q' });
  assert.not.ok(Object.keys(random).some((name) => name.startsWith('s/')));
});

test('a loss takes tokens by the tokenizer of the model that the update starts from, one step for all points', async () => {
  const nll = 'metrics:\n  nll: { kind: loss, on: gsm8k, max-length: 64 }\n';
  const plan = await planOf(changed(['metrics:\n', nll], ['[energy, utility, harm]', '[nll]']));
  assert.equal(idsOf(plan, 'tokenise'), ['tokenise[nll,aligned]', 'tokenise[nll,base]', 'tokenise[nll,useful]']);
  assert.equal(stepOf(plan, 'tokenise[nll,aligned]').inputs, {
    rows: { node: 'synthetic[gsm8k]', output: 'rows' },
    config: { node: 'perturb[aligned]', output: 'file/config.json' },
  });
  assert.equal(stepOf(plan, `loss[nll,${point}]`).inputs.tokens, { node: 'tokenise[nll,aligned]', output: '*' });
  assert.ok(plan.named.get('metrics.nll')!.includes('tokenise[nll,aligned]'));
  assert.equal(
    plan.results.map(({ file }) => file),
    ['evaluation.csv', 'data.csv', 'figures/', 'tables/', 'report.html'],
  );
});

test('a model judges after all responses are there, for it takes the device', async () => {
  const harm = ['judge: { rules: { refusals: qi } }', 'judge: { model: harmful, rubric: harmbench }'] as const;
  const plan = await planOf(changed(harm));
  const last = plan.steps.findLastIndex(({ kind }) => kind === 'generate');
  const first = plan.steps.findIndex(({ kind }) => kind === 'model-judge');
  assert.ok(last >= 0 && last < first);
  assert.is(idsOf(plan, 'model-judge').length, 5);
  const { inputs, params } = stepOf(plan, `model-judge[harm,${point}]`);
  assert.equal(inputs, {
    model: { node: 'perturb[harmful]', output: '*' },
    rows: { node: 'synthetic[advbench]', output: 'rows' },
    responses: { node: `generate[harm,${point}]`, output: 'responses' },
  });
  assert.equal(params, {
    model: { kind: 'whole' },
    dataset: 'datasets.advbench',
    prompt: 'prompt',
    rubric: 'harmbench',
    template: 'chat',
    maxTokens: 1024,
  });
  assert.ok(stepOf(plan, 'evaluation-table').inputs['8/scores']?.node === `model-judge[harm,${point}]`);
});

test('a projected model judges as what it is', async () => {
  const plan = await planOf(
    changed(
      ['datasets:\n', '  half: { project: useful, onto: top-k, mode: parallel, fraction: 0.3 }\ndatasets:\n'],
      ['judge: { rules: { refusals: qi } }', 'judge: { model: half }'],
    ),
  );
  const { inputs, params } = stepOf(plan, 'model-judge[harm,base]');
  assert.is((params.model as ProjectedModel).kind, 'projected');
  assert.equal(inputs.from, { node: 'perturb[aligned]', output: '*' });
  assert.equal(inputs.responses, { node: 'generate[harm,base]', output: 'responses' });
});

test('how a judge is asked is a hint, and its key is told by name only', async () => {
  const openai =
    'judge: { openai: gpt, key: JUDGE_API_KEY, url: "http://127.0.0.1:1/v1", attempts: 2, budget: { tokens: 9 } }';
  const plan = await planOf(changed(['judge: { rules: { refusals: qi } }', openai]));
  const { params, hints } = stepOf(plan, `judge[harm,${point}]`);
  assert.equal(params.judge, {
    openai: { model: 'gpt', url: 'http://127.0.0.1:1/v1', rubric: 'policy', maxTokens: 1024, seed: 0 },
  });
  assert.equal(hints, {
    concurrency: 8,
    attempts: 2,
    timeoutSeconds: 120,
    budget: { tokens: 9 },
    key: 'JUDGE_API_KEY',
    judge: 'metrics.harm',
    responseSets: 5,
  });
});

test('published code projects onto the update itself from a fraction of 1 on, in F16', async () => {
  const text = changed(['fractions: [0.5, 0.1]', 'fractions: [0.5, 1]']);
  const plan = await planOf(text, { semantics: 'reference' });
  const scalar = `generate[utility,useful,top-k,parallel,left,1]`;
  const { ranks, ...how } = modelIn(plan, scalar);
  assert.equal(how, {
    kind: 'projected',
    mode: 'parallel',
    side: 'left',
    heldAs: 'F16',
    castUpdate: 'F16',
    zeroAsUnits: true,
  });
  for (const [tensor, rank] of Object.entries(ranks)) assert.is(rank, tensor.includes('norm') ? 1 : null);
  const { inputs } = stepOf(plan, scalar);
  assert.equal(
    Object.keys(inputs).filter((name) => !name.includes('/')),
    ['from', 'to', 'onto-from', 'onto-to', 'rows', 'examples'],
  );
  assert.equal(inputs['onto-from'], { node: 'init[base]', output: '*' });
  assert.equal(inputs['onto-to'], { node: 'perturb[aligned]', output: '*' });
  assert.is(modelIn(plan, 'generate[utility,useful,top-k,parallel,left,0.5]').ranks['model.norm.weight'], 1);
  const inPaper = modelIn(await planOf(text), 'generate[utility,useful,top-k,parallel,right,1]');
  assert.is(inPaper.ranks['model.embed_tokens.weight'], 8);
  assert.is(inPaper.heldAs, undefined);
});

const tables = ['energy-table', 'evaluation-table', 'figures', 'tables', 'report'];
const allSubspaces = ['onto: [top-k]', 'onto: [top-k, random-k, random]'] as const;

test('another fraction adds its own steps, and moves no key of others but of tables and energies', async () => {
  const before = await keysOf(changed(allSubspaces));
  const after = await keysOf(changed(allSubspaces, ['fractions: [0.5, 0.1]', 'fractions: [0.9, 0.5, 0.1]']));
  const others = moved(before, after).filter((id) => !tables.includes(id) && !id.startsWith('energy['));
  assert.is(others.length, 4 * 4);
  assert.ok(
    others.every((id) => id.endsWith(',0.9]')),
    others.join(' '),
  );
});

test('another seed decomposes nothing, and moves no key of others but of tables', async () => {
  const before = await keysOf(changed(allSubspaces));
  const after = await keysOf(changed(allSubspaces, ['seeds: [1, 2]', 'seeds: [1, 2, 3]']));
  const others = moved(before, after).filter((id) => !tables.includes(id));
  assert.ok(others.length > 0 && others.every((id) => id.includes('random-k#3')), others.join(' '));
  const random = await keysOf(changed(allSubspaces, ['seeds: [1] }', 'seeds: [1, 4] }']));
  const made = moved(before, random).filter((id) => !tables.includes(id));
  assert.ok(made.length > 0 && made.every((id) => id.includes('random#4')), made.join(' '));
  assert.ok(made.some((id) => id.startsWith('random-basis[')));
});

test('another rubric or another judge judges again and generates nothing', async () => {
  const openai = ['judge: { rules: { refusals: qi } }', 'judge: { openai: gpt }'] as const;
  const before = await keysOf(changed(openai));
  for (const judge of ['judge: { openai: gpt, rubric: harmbench }', 'judge: { openai: gpt-2 }']) {
    const others = moved(before, await keysOf(changed([openai[0], judge]))).filter((id) => !tables.includes(id));
    assert.equal(
      others,
      [...before.keys()].filter((id) => id.startsWith('judge[')),
    );
  }
});

test('what waits for a model or a dataset of the hub is told with its table, and the rest is planned', async () => {
  const hub = ['harmful: { perturb: aligned, seed: 4, norm: 0.1, decay: 1 }', 'harmful: { hub: org/harmful }'] as const;
  const metrics = `metrics:
  far: { kind: loss, on: distant, models: base }
  judged: { kind: judge, on: advbench, models: base, judge: { model: harmful } }
  shown: { kind: exact-match, on: gsm8k, models: base, fewshot: { n: 1, from: distant } }
  own: { kind: loss, on: gsm8k, models: [base, harmful] }
`;
  const distant = ['updates:\n', '  distant: { hub: org/distant, split: train }\nupdates:\n'] as const;
  const workflow = await workflowOf(changed(hub, distant, ['metrics:\n', metrics]));
  const plan = expand(workflow, unknown);
  assert.equal(
    plan.deferred.map(({ what, models }) => `${what}: ${models.join(', ')}`),
    [
      'metrics.far: datasets.distant',
      'metrics.judged: harmful',
      'metrics.shown: datasets.distant',
      'metrics.own: harmful',
      'evaluation-table: datasets.distant, harmful',
      'data-table: datasets.distant, harmful',
      'report: datasets.distant, harmful',
    ],
  );
  assert.equal(
    plan.hub.map(({ kind, name }) => `${kind} ${name}`),
    ['model harmful', 'dataset distant'],
  );
  for (const id of [`exact-match[utility,${point}]`, 'loss[own,base]', 'energy-table']) stepOf(plan, id);
  assert.equal(idsOf(plan, 'evaluation-table', 'report'), []);
  const pinned = expand(workflow, { ...unknown, commits: new Map([['datasets.distant', 'c0ffee']]) });
  stepOf(pinned, 'loss[far,base]');
  stepOf(pinned, 'generate[shown,base]');
  assert.equal(
    pinned.deferred.map(({ what }) => what),
    ['metrics.judged', 'metrics.own', 'evaluation-table', 'data-table', 'report'],
  );
  // A commit alone does not tell the tensors of a model: it is fetched, and what needs it still waits.
  const commits = new Map([
    ['datasets.distant', 'c0ffee'],
    ['harmful', 'c0ffee'],
  ]);
  const unfetched = expand(workflow, { ...unknown, commits });
  assert.equal(idsOf(unfetched, 'fetch'), ['fetch[harmful]']);
  assert.equal(unfetched.deferred, pinned.deferred);
});

test('a point waits for both ends of its update and of what it is projected onto', async () => {
  const hub = ['base: { init: { family: llama, hidden: 8, layers: 2, heads: 2, mlp: 12, vocabulary: 16 } }', 'base: { hub: org/base }'] as const; // biome-ignore format: one line
  const plan = expand(await workflowOf(changed(hub)), unknown);
  assert.equal(plan.steps, []);
  assert.equal(
    plan.deferred.map(({ what, models }) => `${what}: ${models.join(', ')}`),
    [
      ...['sweeps.parallel: base', 'energy-table: base', 'metrics.harm: base', 'metrics.utility: base'],
      ...['evaluation-table: base', 'report: base'],
    ],
  );
});

test('metrics that no sweep measures and that name no model cost nothing', async () => {
  const idle = `runflow: 1
models: { far: { hub: org/far } }
datasets: { far: { hub: org/far, split: train } }
metrics: { idle: { kind: judge, on: far, judge: { model: far } } }
`;
  const texts = { 'a.yaml': changed(['name: lab\n', 'name: lab\ninclude: [idle.yaml]\n']), 'idle.yaml': idle };
  const loaded = await loadWorkflow('a.yaml', {}, memoryFiles(texts));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  assert.equal(loaded.warnings, []);
  const plan = expand(loaded.value, unknown);
  assert.equal(plan.deferred, []);
  assert.equal(plan.hub, []);
  assert.ok(!measurements(plan).some((line) => line.startsWith('idle')));
});

test.run();
