import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import type { EnergyParams } from '../../../src/steps/energy.js';
import type { EnergyTableParams } from '../../../src/steps/energy-table.js';
import type { OverlapTableParams } from '../../../src/steps/overlap-table.js';
import type { ProjectedModel } from '../../../src/steps/recipes/projected.js';
import { factsOf, planOf, workflowOf } from './keyed-plan.js';
import { changed, idsOf, stepOf } from './measured-lab.js';

/** Subspaces of differences of hidden states: on which side of a tensor they act, and what is planned for them. */

const refusal = 'refusal: { kind: difference, model: aligned, prompts: [advbench, gsm8k], layer: 0.5, template: raw }';

function lab(...changes: readonly (readonly [string, string])[]): string {
  return changed(
    ['subspaces:\n', `subspaces:\n  ${refusal}\n`],
    ['onto: [top-k]', 'onto: [refusal]'],
    [', utility, harm]', ']'],
    ...changes,
  );
}

const layer = (name: string) => `model.layers.0.${name}.weight`;
const sides: Readonly<Record<string, 'left' | 'right' | undefined>> = {
  'model.embed_tokens.weight': 'right',
  'lm_head.weight': 'right',
  'model.norm.weight': undefined,
  [layer('input_layernorm')]: undefined,
  [layer('post_attention_layernorm')]: undefined,
  [layer('self_attn.q_proj')]: 'right',
  [layer('self_attn.k_proj')]: 'right',
  [layer('self_attn.v_proj')]: 'right',
  [layer('self_attn.o_proj')]: 'left',
  [layer('mlp.gate_proj')]: 'right',
  [layer('mlp.up_proj')]: 'right',
  [layer('mlp.down_proj')]: 'left',
};

function energyOf(tensor: string): string {
  return `energy[useful,refusal,parallel,mixed,${tensor}]`;
}

test('it acts left of what writes to the residual stream, right of what reads it, and not on norms', async () => {
  const plan = await planOf(lab());
  for (const [tensor, side] of Object.entries(sides)) {
    const { params, inputs } = stepOf(plan, energyOf(tensor));
    if (side === undefined) {
      assert.equal(params, { mode: 'parallel', side: 'left', ranks: [], scalar: 'whole' }, tensor);
      assert.equal(Object.keys(inputs), ['from', 'to']);
    } else {
      assert.equal(params, { mode: 'parallel', side, ranks: [1] }, tensor);
      assert.equal(inputs.basis, { node: 'difference-basis[refusal]', output: 'q' });
    }
  }
  const [row] = (stepOf(plan, 'energy-table').params as EnergyTableParams).rows;
  assert.is(row!.side, 'mixed');
  for (const { tensor, side, rankMax } of row!.tensors) {
    const wanted = sides[tensor.replace('layers.1', 'layers.0')];
    assert.equal([side, rankMax], wanted === undefined ? [null, 0] : [wanted, 1], tensor);
  }
  const left = plan.omitted.filter(({ of }) => of === 'subspaces.refusal').map(({ what }) => what);
  assert.is(left.length, 5);
  assert.ok(left.every((tensor) => tensor.includes('norm')));
  assert.equal(idsOf(plan, 'cosine', 'svd'), []);
});

test('biases of what writes to the stream are acted on, others are not', async () => {
  const text = lab(['vocabulary: 16 }', 'vocabulary: 16, attention-bias: true }']);
  const plan = await planOf(text);
  const bias = (name: string) => stepOf(plan, energyOf(`model.layers.0.self_attn.${name}.bias`)).params as EnergyParams;
  assert.equal(bias('o_proj'), { mode: 'parallel', side: 'left', ranks: [1] });
  assert.is(bias('q_proj').scalar, 'whole');
});

test('a set of prompts is run once a position, and a direction is taken for each layer and position', async () => {
  const plan = await planOf(lab(['layer: 0.5', 'layer: [1, 0], position: [-1, -2]']));
  assert.equal(idsOf(plan, 'activations'), [
    'activations[refusal,aligned,advbench,-1]',
    'activations[refusal,aligned,advbench,-2]',
    'activations[refusal,aligned,gsm8k,-1]',
    'activations[refusal,aligned,gsm8k,-2]',
  ]);
  const { params, inputs } = stepOf(plan, 'difference-basis[refusal]');
  assert.equal(params, { directions: 4 });
  const first = (position: number) => `activations[refusal,aligned,advbench,${position}]`;
  assert.equal(
    [0, 1, 2, 3].map((direction) => inputs[`a/${direction}`]),
    [
      { node: first(-1), output: 'hidden/1' },
      { node: first(-2), output: 'hidden/1' },
      { node: first(-1), output: 'hidden/0' },
      { node: first(-2), output: 'hidden/0' },
    ],
  );
  assert.equal(stepOf(plan, first(-1)).params.position, undefined);
  assert.equal(stepOf(plan, first(-2)).params.position, -2);
  assert.equal((stepOf(plan, energyOf(layer('mlp.up_proj'))).params as EnergyParams).ranks, [1, 2]);
});

test('a selection validates all layers below its depth at all positions, and its table is a result', async () => {
  const select = 'position: [-2, -1], select: { prompts: [examples, gsm8k], refusals: [I, As], depth: 0.5, limit: 7 }';
  const plan = await planOf(lab(['layer: 0.5', select]));
  const { params, inputs } = stepOf(plan, 'select-direction[refusal]');
  assert.equal(params, {
    model: { kind: 'whole' },
    prompt: 'prompt',
    template: 'raw',
    maxLength: 512,
    limit: 7,
    refusals: ['I', 'As'],
    candidates: [
      { layer: 0, position: -2 },
      { layer: 0, position: -1 },
    ],
    datasets: ['datasets.examples', 'datasets.gsm8k'],
    largestDivergence: 0.1,
    leastInduced: 0,
  });
  assert.equal(inputs['a/1'], { node: 'activations[refusal,aligned,advbench,-1]', output: 'hidden/0' });
  assert.equal(inputs['b/0'], { node: 'activations[refusal,aligned,gsm8k,-2]', output: 'hidden/0' });
  assert.equal([inputs.harmful, inputs.harmless], [
    { node: 'synthetic[examples]', output: 'rows' },
    { node: 'synthetic[gsm8k]', output: 'rows' },
  ]); // biome-ignore format: a pair
  assert.equal(stepOf(plan, energyOf(layer('mlp.up_proj'))).inputs.basis, {
    node: 'select-direction[refusal]',
    output: 'q',
  });
  assert.equal((stepOf(plan, energyOf(layer('mlp.up_proj'))).params as EnergyParams).ranks, [1]);
  const files = plan.results.filter(({ file }) => file === 'directions/refusal.csv');
  assert.equal(files, [
    { file: 'directions/refusal.csv', node: 'select-direction[refusal]', output: 'candidates.csv' },
  ]);
  const named = await planOf(lab(['layer: 0.5', select.replace('position', 'layer: 0, position')]));
  assert.equal(stepOf(named, 'select-direction[refusal]').params, params);
});

test('its states are those that an overlap of activations takes, of one key', async () => {
  const metric = 'metrics:\n  seen: { kind: activation-mso, models: aligned, prompts: [advbench, gsm8k], position: last-prompt, layers: [0, 1], energies: [0.5] }\n'; // biome-ignore format: one line
  const plan = await planOf(lab(['metrics:\n', metric]));
  const one = stepOf(plan, 'activations[refusal,aligned,advbench,-1]');
  const other = stepOf(plan, 'activations[seen,aligned,advbench]');
  assert.equal([one.params, one.inputs], [other.params, other.inputs]);
});

test('a projected model has a side a tensor, and keeps whole what the subspace does not act on', async () => {
  const text = lab(
    ['datasets:\n', '  half: { project: useful, onto: refusal, mode: orthogonal, fraction: 1 }\ndatasets:\n'],
    ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: half }\n'],
  );
  const model = stepOf(await planOf(text), 'loss[nll,half]').params.model as ProjectedModel;
  for (const [tensor, side] of Object.entries(sides)) {
    assert.is((model.side as Record<string, string>)[tensor], side);
    assert.is(model.ranks[tensor], side === undefined ? 'whole' : 1);
  }
});

test('an overlap takes the left singular vectors where it acts left, the right ones where it acts right', async () => {
  const other = `other: ${refusal.slice('refusal: '.length).replace('0.5', '0')}`;
  const text = lab(
    ['subspaces:\n', `subspaces:\n  ${other}\n`],
    [
      'metrics:\n',
      'metrics:\n  shared: { kind: mso, pairs: [[useful, refusal], [refusal, other]], energies: [0.5] }\n',
    ],
  );
  const plan = await planOf(text);
  for (const [tensor, side] of Object.entries(sides)) {
    const id = `overlap[useful,refusal,${tensor}]`;
    if (side === undefined) {
      assert.not.ok(plan.steps.some((step) => step.id === id));
      continue;
    }
    const svd = `svd[useful,${tensor}]`;
    assert.equal(stepOf(plan, id).inputs, {
      'a-u': { node: svd, output: side === 'left' ? 'u' : 'v' },
      'a-s': { node: svd, output: 's' },
      'b-u': { node: 'difference-basis[refusal]', output: 'q' },
    });
  }
  assert.equal(stepOf(plan, `overlap[refusal,other,${layer('mlp.up_proj')}]`).inputs, {
    'a-u': { node: 'difference-basis[refusal]', output: 'q' },
    'b-u': { node: 'difference-basis[other]', output: 'q' },
  });
  const { rows } = stepOf(plan, 'overlap-table').params as OverlapTableParams;
  assert.equal(
    rows.map(({ pair, tensors }) => [...pair, tensors.length]),
    [
      ['useful', 'refusal', 16],
      ['refusal', 'other', 16],
    ],
  );
});

async function refused(text: string): Promise<string> {
  try {
    await planOf(text);
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    const [found] = (error as InvalidWorkflowError).diagnostics;
    assert.ok(found!.range!.start.line > 1);
    return found!.message;
  }
  throw new Error('the plan was made');
}

test('a layer that the model does not have, and two that are one, are refused', async () => {
  assert.is(await refused(lab(['layer: 0.5', 'layer: 2'])), 'subspace refusal: model aligned has 2 layers');
  assert.is(
    await refused(lab(['layer: 0.5', 'layer: [0.5, 1]'])),
    'subspace refusal: two of the layers are layer 1 of model aligned',
  );
});

test('a selection refuses layers beyond its depth, and a depth that leaves none', async () => {
  const select = (depth: number) => `select: { prompts: [examples, gsm8k], refusals: [I], depth: ${depth} }`;
  assert.is(
    await refused(lab(['layer: 0.5', `layer: 1, ${select(0.8)}`])),
    'subspace refusal: model aligned has 1 layers before 0.8 of its depth',
  );
  assert.is(
    await refused(lab(['layer: 0.5', select(0.4)])),
    'subspace refusal: model aligned has no layer before 0.4 of its depth',
  );
});

test('an update of a model of another width, or of tensors without a known name, is refused', async () => {
  const wide = lab(
    [
      '  aligned: {',
      '  wide: { init: { family: llama, hidden: 12, layers: 2, heads: 2, mlp: 12, vocabulary: 16 } }\n  aligned: {',
    ],
    ['model: aligned', 'model: wide'],
  );
  assert.match(
    await refused(wide),
    /^update useful and the model of subspace refusal differ in 16 tensors: lm_head\.weight: \[16, 8\] and \[16, 12\]; /,
  );
  const text = lab(['  aligned: {', '  one: { hub: org/one }\n  two: { hub: org/two }\n  aligned: {'], ['  useful: { from: aligned, to: useful }', '  useful: { from: one, to: two }']); // biome-ignore format: one line
  assert.is(await refused(text), 'subspace refusal has no directions in any tensor of update useful');
});

test('it waits for the datasets and the model that are not fetched', async () => {
  const text = lab([
    'advbench: { synthetic: vaults, rows: 9, answer: comply }',
    'advbench: { hub: org/far, split: train }',
  ]);
  const workflow = await workflowOf(text);
  const { deferred } = expand(workflow, { models: new Map(), commits: new Map() });
  const waits = deferred.find(({ what }) => what === 'sweeps.parallel');
  assert.equal(waits?.models, ['datasets.advbench']);
  assert.ok(expand(workflow, factsOf(workflow)).steps.some(({ kind }) => kind === 'difference-basis'));
});

test.run();
