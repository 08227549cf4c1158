import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../../src/diagnostics/errors.js';
import { expand } from '../../../../src/plan/expand.js';
import type { Plan } from '../../../../src/plan/plan.js';
import type { ActivationTableParams } from '../../../../src/steps/activation-table.js';
import type { ActivationsParams } from '../../../../src/steps/activations.js';
import type { Semantics } from '../../../../src/workflow/semantics.js';
import { planOf, workflowOf } from '../keyed-plan.js';
import { areAdjacent, changed, idsOf, stepOf } from '../measured-lab.js';

/** Overlap of what sets of prompts activate. */

const hidden = (rest: string) =>
  `kind: activation-mso, prompts: [gsm8k, advbench, examples], energies: [0.9, 0.1], ${rest}`;
const half = '  half: { project: useful, onto: top-k, mode: parallel, fraction: 0.3 }\n';

function lab(rest = 'models: [useful, half], layers: [0.5, 1]', layers = 2): string {
  return changed(
    ['layers: 2', `layers: ${layers}`],
    ['datasets:\n', `${half}datasets:\n`],
    ['[energy, utility, harm]', '[energy]'],
    ['metrics:\n', `metrics:\n  hidden: { ${hidden(rest)} }\n`],
  );
}

const table = (plan: Plan) => (stepOf(plan, 'activation-table').params as ActivationTableParams).rows;

/** The layers of the first pair that lie in the window. */
async function windowOf(rest: string, layers: number, semantics: Semantics): Promise<number[]> {
  const rows = table(await planOf(lab(`models: useful, ${rest}`, layers), { semantics }));
  const first = rows.filter(({ pair }) => pair.join() === 'gsm8k,advbench');
  assert.equal(
    first.map(({ layer }) => layer),
    Array.from({ length: layers + 1 }, (_, layer) => layer),
  );
  return first.filter(({ inWindow }) => inWindow).map(({ layer }) => layer);
}

async function failure(text: string, semantics: Semantics): Promise<InvalidWorkflowError> {
  try {
    await planOf(text, { semantics });
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    return error as InvalidWorkflowError;
  }
  throw new Error('expected the workflow to be refused');
}

test('each model sees each set of prompts once, and every pair is compared at every depth', async () => {
  const plan = await planOf(lab());
  assert.equal(
    idsOf(plan, 'activations'),
    ['useful', 'half'].flatMap((model) =>
      ['gsm8k', 'advbench', 'examples'].map((set) => `activations[hidden,${model},${set}]`),
    ),
  );
  assert.is(idsOf(plan, 'activation-basis').length, 2 * 3 * 3);
  const rows = table(plan);
  assert.equal(
    rows.map(({ model, pair, layer }) => [model, ...pair, layer].join(' ')),
    ['useful', 'half'].flatMap((model) =>
      ['gsm8k advbench', 'gsm8k examples', 'advbench examples'].flatMap((pair) =>
        [0, 1, 2].map((layer) => `${model} ${pair} ${layer}`),
      ),
    ),
  );
  assert.equal(rows[4], {
    metric: 'hidden',
    model: 'useful',
    pair: ['gsm8k', 'examples'],
    layer: 1,
    inWindow: true,
    energies: [0.1, 0.9],
  });
  const { inputs } = stepOf(plan, 'activation-table');
  assert.equal(inputs['4'], { node: 'overlap[hidden,useful,gsm8k,examples,1]', output: 'overlap' });
  assert.is(Object.keys(inputs).length, rows.length);
  const [result] = plan.results.filter(({ file }) => file === 'activations.csv');
  assert.equal(result, { file: 'activations.csv', node: 'activation-table', output: 'activations.csv' });
  assert.ok(stepOf(plan, 'report').inputs['activations.csv']);
});

test('a step takes what decides its result: rows and model, one depth, two bases', async () => {
  const plan = await planOf(
    lab('models: useful, layers: [0.5, 1], prompt: text, template: chat, max-length: 64, centre: true'),
  );
  assert.equal(stepOf(plan, 'activations[hidden,useful,advbench]'), {
    id: 'activations[hidden,useful,advbench]',
    kind: 'activations',
    params: {
      model: { kind: 'whole' },
      dataset: 'datasets.advbench',
      prompt: 'text',
      template: 'chat',
      maxLength: 64,
      maxTokens: 256,
    },
    inputs: {
      model: { node: 'perturb[useful]', output: '*' },
      rows: { node: 'synthetic[advbench]', output: 'rows' },
    },
    group: 'Activations of useful',
    origin: 'metrics.hidden',
  });
  const basis = stepOf(plan, 'activation-basis[hidden,useful,advbench,2]');
  assert.equal(basis.params, { centre: true });
  assert.equal(basis.inputs, { hidden: { node: 'activations[hidden,useful,advbench]', output: 'hidden/2' } });
  const side = (set: string, output: string) => ({ node: `activation-basis[hidden,useful,${set},2]`, output });
  const overlap = stepOf(plan, 'overlap[hidden,useful,gsm8k,advbench,2]');
  assert.equal(overlap.params, {});
  assert.equal(overlap.inputs, {
    'a-u': side('gsm8k', 'u'),
    'a-s': side('gsm8k', 's'),
    'b-u': side('advbench', 'u'),
    'b-s': side('advbench', 's'),
  });
});

test('a projected model is made in memory, once for all its prompts', async () => {
  const plan = await planOf(lab());
  const ids = idsOf(plan, 'activations').filter((id) => id.includes(',half,'));
  assert.is(ids.length, 3);
  assert.ok(areAdjacent(plan, ids));
  const { params, inputs } = stepOf(plan, ids[0]!);
  assert.is((params as ActivationsParams).model.kind, 'projected');
  assert.equal(inputs.from, { node: 'perturb[aligned]', output: '*' });
  assert.equal(inputs['basis/model.norm.weight'], { node: 'svd[alignment,model.norm.weight]', output: 'u' });
  assert.equal(idsOf(plan, 'project'), []);
});

test('in paper semantics depths l/L from the first to the second part count, both included', async () => {
  assert.equal(await windowOf('position: last-prompt', 16, 'paper'), [11, 12, 13, 14]);
  assert.equal(await windowOf('position: last-prompt', 28, 'paper'), [19, 20, 21, 22, 23, 24, 25]);
  assert.equal(await windowOf('position: last-prompt', 20, 'paper'), [13, 14, 15, 16, 17, 18]);
  // 0.55 · 20 is 11.000000000000002 in binary, 0.29 · 100 less than 29: neither moves the border.
  assert.equal(await windowOf('layers: [0.55, 0.6]', 20, 'paper'), [11, 12]);
  assert.equal((await windowOf('layers: [0.28, 0.29]', 100, 'paper')).join(), '28,29');
  assert.equal(await windowOf('layers: [0, 1]', 2, 'paper'), [0, 1, 2]);
  assert.equal(await windowOf('layers: [0, 0.1]', 2, 'paper'), [0]);
});

test('in reference semantics positions int(from · n) to int(to · n) − 1 of the n = L + 1 hidden states count', async () => {
  assert.equal(await windowOf('position: last-prompt', 16, 'reference'), [11, 12, 13, 14]);
  assert.equal(await windowOf('position: last-prompt', 28, 'reference'), [18, 19, 20, 21, 22, 23, 24, 25]);
  assert.equal(await windowOf('position: last-prompt', 20, 'reference'), [13, 14, 15, 16, 17]);
  assert.equal(await windowOf('layers: [0, 1]', 2, 'reference'), [0, 1, 2]);
});

test('a window without a hidden state is refused with the metric and the model', async () => {
  const text = lab('models: [useful, half]', 2);
  const paper = await failure(text, 'paper');
  assert.match(
    paper.message,
    'no hidden state of model useful (2 layers) lies in the window 0.65 … 0.9 of metric hidden',
  );
  const [{ range, hint, code }] = paper.diagnostics as [(typeof paper.diagnostics)[0]];
  assert.equal(
    [code, range?.start.line],
    ['empty-window', text.slice(0, text.indexOf('  hidden:')).split('\n').length],
  );
  assert.match(hint!, 'Widen `layers`');
  const ofHalf = await failure(lab('models: half, layers: [0.6, 0.7]', 3), 'reference');
  assert.match(ofHalf.message, 'no hidden state of model half (3 layers)');
  // The same window holds the third of three layers in one semantics and nothing in the other.
  assert.equal(await windowOf('layers: [0.6, 0.7]', 3, 'paper'), [2]);
});

test('reference semantics read the model and its states as F16, and the last position of padded batches of 16', async () => {
  const paramsOf = async (rest: string, semantics: Semantics) => {
    const plan = await planOf(lab(`models: [useful, half], layers: [0, 1]${rest}`), { semantics });
    const of = (model: string) => stepOf(plan, `activations[hidden,${model},gsm8k]`).params as ActivationsParams;
    return [of('useful'), of('half')] as const;
  };
  const [whole, half] = await paramsOf('', 'reference');
  assert.equal([whole.model, whole.heldAs, whole.padded], [{ kind: 'whole', heldAs: 'F16' }, 'F16', { batch: 16 }]);
  assert.equal([half.model.heldAs, half.heldAs, half.padded], ['F16', 'F16', { batch: 16 }]);
  const [last] = await paramsOf(', position: last-prompt', 'reference');
  assert.equal([last.heldAs, last.padded], ['F16', undefined]);
  const [paper] = await paramsOf('', 'paper');
  assert.equal([paper.model, paper.heldAs, paper.padded], [{ kind: 'whole' }, undefined, undefined]);
  const [padded] = await paramsOf(', position: last-padded', 'paper');
  assert.equal([padded.heldAs, padded.padded, padded.maxTokens], [undefined, { batch: 16 }, null]);
});

test('paper semantics generate first, reference semantics take the last token of the prompt', async () => {
  const tokens = async (rest: string, semantics: Semantics) => {
    const plan = await planOf(lab(`models: useful, layers: [0, 1]${rest}`), { semantics });
    return (stepOf(plan, 'activations[hidden,useful,gsm8k]').params as ActivationsParams).maxTokens;
  };
  assert.is(await tokens('', 'paper'), 256);
  assert.is(await tokens(', max-tokens: 9', 'paper'), 9);
  assert.is(await tokens('', 'reference'), null);
  assert.is(await tokens(', position: last-prompt', 'paper'), null);
  assert.is(await tokens(', position: last-generated', 'reference'), 256);
});

test('a model or a set of prompts of the hub defers the metric and the table; models that are known go ahead', async () => {
  const text = lab('models: [base, harmful], layers: [0.5, 1]').replace(
    'harmful: { perturb: aligned, seed: 4, norm: 0.1, decay: 1 }',
    'harmful: { hub: org/harmful }',
  );
  const unknown = { models: new Map(), commits: new Map() };
  const plan = expand(await workflowOf(text), unknown);
  assert.equal(
    plan.deferred.map(({ what, models }) => `${what}: ${models.join(', ')}`),
    ['metrics.hidden: harmful', 'activation-table: harmful', 'report: harmful'],
  );
  assert.is(idsOf(plan, 'activations').length, 3);
  assert.equal(idsOf(plan, 'activation-table', 'report'), []);
  const distant = text
    .replace('prompts: [gsm8k,', 'prompts: [distant,')
    .replace('updates:\n', '  distant: { hub: org/d, split: train }\nupdates:\n');
  const both = expand(await workflowOf(distant), unknown);
  assert.equal(both.deferred[0], { what: 'metrics.hidden', models: ['datasets.distant', 'harmful'] });
  assert.equal(idsOf(both, 'activations'), []);
});

test.run();
