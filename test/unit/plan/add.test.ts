import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import { factsOf, keysOf, planOf, workflowOf } from './keyed-plan.js';
import { changed, idsOf, stepOf } from './measured-lab.js';

/** Models to whose residual stream a direction is added: what is planned for them, and that nothing is made from them. */

const direction =
  '  refusal: { kind: difference, model: aligned, prompts: [advbench, gsm8k], layer: 1, template: raw }\n';

function lab(model: string, ...changes: readonly (readonly [string, string])[]): string {
  return changed(
    ['datasets:\n', `  open: ${model}\ndatasets:\n`],
    ['subspaces:\n', `subspaces:\n${direction}`],
    ['metrics:\n', 'metrics:\n  nll: { kind: loss, on: gsm8k, models: open, template: raw }\n'],
    [', utility, harm]', ']'],
    ...changes,
  );
}

const plain = '{ add: refusal, to: useful, times: -2 }';

test('a step that runs it gets the model, the layer and the difference itself, and nothing is written', async () => {
  const plan = await planOf(lab(plain));
  const { params, inputs } = stepOf(plan, 'loss[nll,open]');
  assert.equal(params.model, { kind: 'shifted', layer: 1, times: -2 });
  assert.equal(inputs.shifted, { node: 'perturb[useful]', output: '*' });
  assert.equal(inputs.vector, { node: 'difference-vector[refusal]', output: 'r' });
  const states = (dataset: string) => ({ node: `activations[refusal,aligned,${dataset},-1]`, output: 'hidden/1' });
  assert.equal(stepOf(plan, 'difference-vector[refusal]').inputs, { a: states('advbench'), b: states('gsm8k') });
  assert.equal(idsOf(plan, 'project', 'difference-basis'), []);
});

test('a part of the depth is the layer that the difference takes, and other metrics run it too', async () => {
  const plan = await planOf(
    lab(
      plain,
      ['layer: 1,', 'layer: 0.4,'],
      [
        'metrics:\n',
        `metrics:
  told: { kind: judge, on: advbench, models: open, judge: { rules: { refusals: qi } } }
  apart: { kind: kl, on: gsm8k, models: open, reference: useful, template: raw }
  back: { kind: kl, on: gsm8k, models: useful, reference: open, template: raw }
  choices: { kind: multiple-choice, on: gsm8k, models: open, template: '{question} {choices}', labels: letters }
  seen: { kind: cka, pairs: [[useful, open]], prompts: [gsm8k], template: raw }
`,
      ],
    ),
  );
  const running = plan.steps.filter(
    ({ params }) => (params.model as { kind?: string } | undefined)?.kind === 'shifted',
  );
  assert.equal([...new Set(running.map(({ kind }) => kind))].sort(), ['activations', 'choice-likelihoods', 'generate', 'kl', 'loss', 'next-token']); // biome-ignore format: one line
  for (const { params } of running) assert.equal(params.model, { kind: 'shifted', layer: 1, times: -2 });
});

test('0 times the direction is the model itself: the same steps with the same keys', async () => {
  const keyOf = async (model: string) => (await keysOf(lab(model))).get('loss[nll,open]')!.key;
  const same = await keysOf(lab('{ add: refusal, to: useful, times: 0 }', ['models: open', 'models: [open, useful]']));
  const itself = same.get('loss[nll,open]') ?? same.get('loss[nll,useful]');
  assert.equal(itself!.step.params.model, { kind: 'whole' });
  const keys = [plain, '{ add: refusal, to: useful, times: 2 }', '{ add: refusal, to: harmful, times: -2 }'].map(keyOf);
  assert.is(new Set([...(await Promise.all(keys)), itself!.key]).size, 4);
});

async function refused(text: string): Promise<string> {
  try {
    await planOf(text);
  } catch (error) {
    assert.instance(error, InvalidWorkflowError, String(error));
    const [found] = (error as InvalidWorkflowError).diagnostics;
    const { line, column } = found!.range!.start;
    return `${text.split('\n')[line - 1]!.trim().split(':')[0]}, column ${column}: ${found!.message}`;
  }
  throw new Error('the plan was made');
}

test('what is made from it is refused at its place: it has no weights of its own', async () => {
  const why =
    "nothing can be made from it, and it cannot be exported: what it adds is a bias of one layer's down_proj alone, and the family's config.json cannot say it";
  const model = (text: string) => ['datasets:\n', `  more: ${text}\ndatasets:\n`] as const;
  const measured = ['models: open', 'models: more'] as const;
  const cases = [
    [model('{ perturb: open, seed: 9, norm: 0.1, decay: 1 }'), measured],
    [model('{ add: refusal, to: open, times: 1 }'), measured],
    [model('{ ablate: open, direction: refusal }'), measured],
    [model('{ combine: open, terms: [{ update: harmful, times: 1 }] }'), measured],
    [model('{ finetune: open, on: gsm8k, recipe: full }'), measured, ['updates:\n', 'recipes:\n  full: { lr: 1e-3 }\nupdates:\n']], // biome-ignore format: one line
    [['  useful: { from: aligned, to: useful }', '  useful: { from: aligned, to: open }']],
    [['subspaces:\n', 'subspaces:\n  other: { kind: difference, model: open, prompts: [advbench, gsm8k], layer: 1, template: raw }\n'], ['onto: [top-k]', 'onto: [other]'], ['    mode: parallel\n', '    mode: orthogonal\n']], // biome-ignore format: one line
  ] as const;
  for (const changes of cases) {
    assert.is(await refused(lab(plain, ...(changes as readonly (readonly [string, string])[]))), `open, column 3: model open: ${why}`); // biome-ignore format: one line
  }
  const workflow = await workflowOf(lab(plain));
  assert.throws(() => expand({ ...workflow, exports: ['open'] }, factsOf(workflow)), `model open: ${why}`);
});

test('a direction that is chosen at run time, several, one that is no vector of the stream, and other shapes are refused', async () => {
  const at = 'open, column 3: model open:';
  const chosen = ['layer: 1,', 'select: { prompts: [advbench, examples], refusals: [sorry], depth: 1 },'] as const;
  assert.is(
    await refused(lab(plain, chosen)),
    `${at} refusal cannot be added: its layer is chosen while the workflow runs (select). Name the one that it chooses in another difference: layer and position`,
  );
  for (const several of ['layer: [0, 1],', 'layer: 1, position: [-1, -2],']) {
    assert.is(
      await refused(lab(plain, ['layer: 1,', several])),
      `${at} refusal cannot be added: it has 2 directions, and one is added: name one layer and one position`,
    );
  }
  const outputs = '  refusal: { kind: outputs, model: aligned, prompts: gsm8k, template: raw }\n';
  assert.is(
    await refused(lab(plain, [direction, outputs])),
    `${at} refusal cannot be added: its directions are those of what each linear layer gives, and none is of the residual stream before a layer`,
  );
  for (const [shape, has] of [
    ['hidden: 12, layers: 2', '2 layers and a residual stream of 12 components'],
    ['hidden: 8, layers: 3', '3 layers and a residual stream of 8 components'],
  ]) {
    const other = `  other: { init: { family: llama, ${shape}, heads: 2, mlp: 12, vocabulary: 16 } }\n  aligned: {`;
    assert.is(
      await refused(lab(plain, ['  aligned: {', other], ['to: useful, times', 'to: other, times'])),
      `${at} model other has ${has}, and the model of subspace refusal 2 layers and a residual stream of 8 components`,
    );
  }
});

test.run();
