import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../../src/diagnostics/errors.js';
import { expand } from '../../../../src/plan/expand.js';
import type { ActivationsParams } from '../../../../src/steps/activations.js';
import type { CkaTableParams } from '../../../../src/steps/cka-table.js';
import { planOf, workflowOf } from '../keyed-plan.js';
import { changed, idsOf, stepOf } from '../measured-lab.js';

const lab = (rest: string, models = '') =>
  changed(
    ['metrics:\n', `metrics:\n  seen: { kind: cka, prompts: [gsm8k, advbench], ${rest} }\n`],
    ['datasets:\n', `${models}datasets:\n`],
  );

test('a model is run once for all its pairs and sets of prompts, and compared at every layer', async () => {
  const plan = await planOf(lab('pairs: [[aligned, useful], [aligned, harmful]], layers: [0.5, 1]'));
  assert.equal(
    idsOf(plan, 'activations'),
    ['aligned', 'useful', 'harmful'].flatMap((model) =>
      ['gsm8k', 'advbench'].map((prompts) => `activations[seen,${model},${prompts}]`),
    ),
  );
  assert.is(idsOf(plan, 'cka').length, 2 * 2 * 3);
  assert.equal(stepOf(plan, 'cka[seen,aligned,harmful,advbench,2]').inputs, {
    a: { node: 'activations[seen,aligned,advbench]', output: 'hidden/2' },
    b: { node: 'activations[seen,harmful,advbench]', output: 'hidden/2' },
  });
  const { rows } = stepOf(plan, 'cka-table').params as CkaTableParams;
  assert.equal(
    rows.slice(0, 3).map(({ layer, inWindow }) => [layer, inWindow]),
    [
      [0, false],
      [1, true],
      [2, true],
    ],
  );
});

test('the last token of the prompt counts unless the metric says otherwise, in either semantics', async () => {
  for (const semantics of ['paper', 'reference'] as const) {
    const paramsOf = async (rest: string) => {
      const plan = await planOf(lab(`pairs: [[aligned, useful]]${rest}`), { semantics });
      return stepOf(plan, 'activations[seen,useful,gsm8k]').params as ActivationsParams;
    };
    const params = await paramsOf('');
    assert.equal([params.maxTokens, params.padded], [null, undefined]);
    assert.is(params.heldAs, semantics === 'reference' ? 'F16' : undefined);
    assert.is((await paramsOf(', position: last-generated, max-tokens: 9')).maxTokens, 9);
  }
});

test('models of other depths are refused at the metric, with both depths', async () => {
  const deep = '  deep: { init: { family: llama, hidden: 8, layers: 3, heads: 2, mlp: 12, vocabulary: 16 } }\n';
  const text = lab('pairs: [[aligned, deep]]', deep);
  const workflow = await workflowOf(text);
  try {
    expand(workflow, { models: new Map(), commits: new Map() });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    const { diagnostics } = error as InvalidWorkflowError;
    assert.match(diagnostics[0]!.message, 'aligned has 2 layers, deep 3');
    assert.is(diagnostics[0]!.range?.start.line, text.slice(0, text.indexOf('  seen:')).split('\n').length);
  }
});

test.run();
