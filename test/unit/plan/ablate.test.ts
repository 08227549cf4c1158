import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import type { AblatedModel } from '../../../src/steps/recipes/ablated.js';
import type { ReportParams } from '../../../src/steps/report.js';
import { keysOf, planOf } from './keyed-plan.js';
import { changed, idsOf, stepOf } from './measured-lab.js';

/** Models out of whose weights directions are taken: which tensors change, and what is planned for them. */

function lab(model: string, ...changes: readonly (readonly [string, string])[]): string {
  return changed(
    ['datasets:\n', `  open: ${model}\ndatasets:\n`],
    [
      'subspaces:\n',
      'subspaces:\n  refusal: { kind: difference, model: aligned, prompts: [advbench, gsm8k], layer: [0, 1], template: raw }\n',
    ],
    ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: open, template: raw }\n'],
    [', utility, harm]', ']'],
    ...changes,
  );
}

const plain = '{ ablate: useful, direction: refusal }';

async function recipeOf(text: string): Promise<AblatedModel> {
  return stepOf(await planOf(text), 'loss[nll,open]').params.model as AblatedModel;
}

test('directions are taken out of what writes to the residual stream, in memory where a model is only measured', async () => {
  const plan = await planOf(lab(plain));
  const { params, inputs } = stepOf(plan, 'loss[nll,open]');
  const layers = [0, 1].flatMap((layer) => ['self_attn.o_proj', 'mlp.down_proj'].map((name) => `model.layers.${layer}.${name}.weight`)); // biome-ignore format: one line
  const model = params.model as AblatedModel;
  const sides = { 'model.embed_tokens.weight': 'right', ...Object.fromEntries(layers.map((name) => [name, 'left'])) };
  assert.equal({ ...model.sides }, sides);
  assert.equal({ ...model.ranks }, Object.fromEntries(Object.keys(sides).map((name) => [name, 2])));
  assert.equal(inputs.ablated, { node: 'perturb[useful]', output: '*' });
  for (const name of Object.keys(sides)) {
    assert.equal(inputs[`basis/${name}`], { node: 'difference-basis[refusal]', output: 'q' });
  }
  assert.equal(idsOf(plan, 'project'), []);
  assert.equal(plan.notes, []);
});

test('biases of what writes to the stream lose the directions, too', async () => {
  const { sides } = await recipeOf(
    lab(plain, ['vocabulary: 16 }', 'vocabulary: 16, attention-bias: true, mlp-bias: true }']),
  );
  const biases = Object.keys(sides).filter((name) => name.endsWith('.bias'));
  assert.equal(
    biases.sort(),
    [0, 1].flatMap((layer) =>
      ['mlp.down_proj', 'self_attn.o_proj'].map((name) => `model.layers.${layer}.${name}.bias`),
    ),
  );
});

test('a rank is that of every tensor, and tensors that except matches stay as they are', async () => {
  const { ranks } = await recipeOf(
    lab('{ ablate: useful, direction: refusal, rank: 1, except: ["model.embed*", "*.0.*"] }'),
  );
  assert.equal({ ...ranks }, { 'model.layers.1.self_attn.o_proj.weight': 1, 'model.layers.1.mlp.down_proj.weight': 1 });
  const most = await recipeOf(lab('{ ablate: useful, direction: refusal, rank: 9 }'));
  assert.is(most.ranks['model.embed_tokens.weight'], 2);
});

test('a tied output layer changes with the embedding, and plan and report say so', async () => {
  const plan = await planOf(lab(plain, ['vocabulary: 16 }', 'vocabulary: 16, tied: true }']));
  const text = 'the output layer is tied to model.embed_tokens.weight, so that the directions are taken out of it, too';
  assert.equal(plan.notes, [{ of: 'models.open', text }]);
  const { provenance } = stepOf(plan, 'report').params as ReportParams;
  assert.ok(provenance.some((row) => row.label === 'Note' && row.text === `models.open: ${text}`));
  const kept = await planOf(
    lab('{ ablate: useful, direction: refusal, except: [model.embed_tokens.weight] }', ['vocabulary: 16 }', 'vocabulary: 16, tied: true }']), // biome-ignore format: one line
  );
  assert.equal(kept.notes, []);
});

test('what is made of it has it written, with the recipe that measures it', async () => {
  const text = lab(plain, ['datasets:\n', '  more: { perturb: open, seed: 9, norm: 0.1, decay: 1 }\ndatasets:\n'], ['models: open', 'models: [open, more]']); // biome-ignore format: one line
  const plan = await planOf(text);
  assert.equal(idsOf(plan, 'project'), ['project[open]']);
  const [written, measured] = [stepOf(plan, 'project[open]'), stepOf(plan, 'loss[nll,open]')];
  assert.equal(written.params, { model: measured.params.model });
  assert.equal(stepOf(plan, 'perturb[more]').inputs, { parent: { node: 'project[open]', output: '*' } });
});

test('its key moves with model, directions, rank and exceptions', async () => {
  const keyOf = async (model: string) => (await keysOf(lab(model))).get('loss[nll,open]')!.key;
  const keys = [
    plain,
    '{ ablate: harmful, direction: refusal }',
    '{ ablate: useful, direction: refusal, rank: 1 }',
    '{ ablate: useful, direction: refusal, except: ["*.0.*"] }',
  ].map(keyOf);
  assert.is(new Set(await Promise.all(keys)).size, 4);
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

test('a pattern that matches nothing, one that leaves nothing, and a model that does not fit are refused', async () => {
  const except = (pattern: string) => refused(lab(`{ ablate: useful, direction: refusal, except: [${pattern}] }`));
  assert.is(
    await except('"*.q_proj.*"'),
    'model open: refusal is taken out of no tensor that the pattern "*.q_proj.*" of except matches',
  );
  assert.is(await except('"*"'), 'model open: refusal is taken out of no tensor of model useful');
  const wide = lab(plain, ['  aligned: {', '  wide: { init: { family: llama, hidden: 12, layers: 2, heads: 2, mlp: 12, vocabulary: 16 } }\n  aligned: {'], ['ablate: useful', 'ablate: wide']); // biome-ignore format: one line
  assert.match(await refused(wide), /^model wide and the model of subspace refusal differ in 5 tensors: /);
});

test('a model whose norms stand behind attention and MLP is refused: ablated weights would still write along the directions', async () => {
  const text = lab(plain, ['family: llama', 'family: olmo2']);
  assert.is(
    await refused(text),
    'model open: model useful cannot be ablated: its norms stand behind attention and MLP, so that what these write to the residual stream is not what their weights write',
  );
});

test.run();
