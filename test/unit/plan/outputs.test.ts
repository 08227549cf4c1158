import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import type { EnergyParams } from '../../../src/steps/energy.js';
import type { AblatedModel } from '../../../src/steps/recipes/ablated.js';
import { planOf } from './keyed-plan.js';
import { changed, idsOf, stepOf } from './measured-lab.js';

/** Subspaces of outputs: which tensors they act on, and what is planned for them. */

const safety = 'safety: { kind: outputs, model: aligned, prompts: gsm8k, template: raw, limit: 9, directions: 5 }';

function lab(...changes: readonly (readonly [string, string])[]): string {
  return changed(
    ['subspaces:\n', `subspaces:\n  ${safety}\n`],
    ['onto: [top-k]', 'onto: [safety]'],
    [', utility, harm]', ']'],
    ...changes,
  );
}

const layer = (name: string) => `model.layers.0.${name}.weight`;
const energyOf = (tensor: string) => `energy[useful,safety,parallel,left,${tensor}]`;

const linears = ['q_proj', 'k_proj', 'v_proj', 'o_proj']
  .map((name) => layer(`self_attn.${name}`))
  .concat(['gate_proj', 'up_proj', 'down_proj'].map((name) => layer(`mlp.${name}`)));

test('it acts left of each linear layer, and leaves all other tensors whole', async () => {
  const plan = await planOf(lab());
  for (const tensor of linears) {
    const { params, inputs } = stepOf(plan, energyOf(tensor));
    const { directions } = stepOf(plan, `output-basis[safety,${tensor}]`).params as { directions: number };
    assert.equal([(params as EnergyParams).side, (params as EnergyParams).scalar], ['left', undefined]);
    assert.ok(directions <= 5 && directions >= 1);
    assert.equal(inputs.basis, { node: `output-basis[safety,${tensor}]`, output: 'q' });
  }
  for (const tensor of ['model.embed_tokens.weight', 'lm_head.weight', 'model.norm.weight', layer('input_layernorm')]) {
    assert.is((stepOf(plan, energyOf(tensor)).params as EnergyParams).scalar, 'whole');
  }
  const left = plan.omitted.filter(({ of }) => of === 'subspaces.safety').map(({ what }) => what);
  assert.ok(left.every((tensor) => /norm|embed|lm_head/.test(tensor)));
});

test('one step has the moments of all layers, and each basis takes the one of its layer', async () => {
  const plan = await planOf(lab());
  assert.equal(idsOf(plan, 'input-moments'), ['input-moments[safety,aligned]']);
  const node = 'input-moments[safety,aligned]';
  const { params, inputs } = stepOf(plan, node);
  assert.equal(params, { model: { kind: 'whole' }, tokens: 'response', limit: 9 });
  assert.equal(inputs.tokens, { node: 'tokenise[safety,aligned]', output: '*' });
  const tokens = stepOf(plan, 'tokenise[safety,aligned]').params as { eos: boolean; lossOn: string };
  assert.equal([tokens.eos, tokens.lossOn], [false, 'response']);
  const basisOf = (tensor: string) => stepOf(plan, `output-basis[safety,${tensor}]`).inputs;
  for (const name of ['q_proj', 'k_proj', 'v_proj']) {
    const tensor = layer(`self_attn.${name}`);
    assert.equal(basisOf(tensor), {
      inputs: { node, output: 'inputs/model.layers.0.attentionInput' },
      weight: { node: inputs.model!.node, output: `tensor/${tensor}` },
    });
  }
  const down = layer('mlp.down_proj');
  assert.equal(basisOf(down), { outputs: { node, output: `outputs/${down}` } });
  const [note] = plan.notes.filter(({ of }) => of === 'subspaces.safety');
  assert.match(note!.text, /^its sums take [\d.]+ \S*B in the store$/);
});

test('more directions, or all, are taken from the same moments', async () => {
  const [few, all] = [await planOf(lab()), await planOf(lab(['directions: 5', 'directions: all']))];
  const moments = 'input-moments[safety,aligned]';
  assert.equal(stepOf(all, moments), stepOf(few, moments));
  const directions = (tensor: string) => stepOf(all, `output-basis[safety,${tensor}]`).params.directions;
  const shapes = linears.map((tensor) => directions(tensor) as number);
  assert.ok(Math.max(...shapes) > 5);
  assert.equal(directions(layer('self_attn.k_proj')), Math.min(...shapes));
});

test('biases keep their update whole', async () => {
  const plan = await planOf(lab(['vocabulary: 16 }', 'vocabulary: 16, attention-bias: true }']));
  assert.is((stepOf(plan, energyOf('model.layers.0.self_attn.o_proj.bias')).params as EnergyParams).scalar, 'whole');
});

test('taken out of weights, it is taken out of each linear layer', async () => {
  const plan = await planOf(
    lab(
      ['datasets:\n', '  without: { ablate: aligned, direction: safety, rank: 2 }\ndatasets:\n'],
      ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: without }\n'],
    ),
  );
  const model = stepOf(plan, 'loss[nll,without]').params.model as AblatedModel;
  assert.equal(
    Object.keys(model.ranks)
      .filter((name) => name.startsWith('model.layers.0.'))
      .sort(),
    [...linears].sort(),
  );
  assert.ok(Object.keys(model.ranks).every((name) => name.includes('_proj.weight')));
  assert.equal(new Set(Object.values(model.ranks)), new Set([2]));
  assert.equal(new Set(Object.values(model.sides)), new Set(['left']));
});

test('an update of vectors of another length is refused', async () => {
  const text = lab(
    [safety, safety.replace('model: aligned', 'model: narrow')],
    [
      'datasets:\n',
      '  narrow: { init: { family: llama, hidden: 4, layers: 2, heads: 2, mlp: 6, vocabulary: 16 }, seed: 5 }\ndatasets:\n',
    ],
  );
  try {
    await planOf(text);
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    assert.match((error as Error).message, 'update useful and the model of subspace safety');
    return;
  }
  throw new Error('it was planned');
});

test.run();
