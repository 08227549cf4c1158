import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../../src/diagnostics/errors.js';
import { expand } from '../../../../src/plan/expand.js';
import { modelFacts, sampleFacts, sampleWorkflow } from '../sample-workflow.js';

const cosine = (...pairs: readonly [string, string][]) => ({ kind: 'cosine' as const, pairs });

test('a cosine reads the step that a sweep has made already, and counts signs beside it', () => {
  const workflow = sampleWorkflow({ metrics: { alike: cosine(['useful', 'alignment']) } });
  const plan = expand(workflow, sampleFacts());
  const ids = plan.steps.filter(({ kind }) => kind === 'cosine').map(({ id }) => id);
  assert.equal(ids, ['cosine[useful,alignment,layers.0.weight]', 'cosine[useful,alignment,norm]']);
  const table = plan.steps.find(({ kind }) => kind === 'cosine-table')!;
  assert.equal(table.inputs['0/1'], { node: ids[1], output: 'cosine' });
  assert.equal(table.inputs['0/1/signs'], { node: 'sign-agreement[useful,alignment,norm]', output: 'signs' });
  assert.not.ok(plan.steps.some(({ id }) => id.startsWith('svd[useful')));
  assert.ok(plan.named.get('metrics.alike')!.includes(ids[0]!));
});

test('a pair that two metrics name is measured once, the other way round it is another', () => {
  const metrics = {
    one: cosine(['useful', 'alignment']),
    two: cosine(['alignment', 'useful'], ['useful', 'alignment']),
  };
  const plan = expand(sampleWorkflow({ metrics, sweeps: {} }), sampleFacts());
  const { rows } = plan.steps.find(({ kind }) => kind === 'cosine-table')!.params as { rows: { pair: unknown }[] };
  assert.equal(
    rows.map(({ pair }) => pair),
    [
      ['useful', 'alignment'],
      ['alignment', 'useful'],
    ],
  );
});

test('updates of other shapes are refused by tensor, at the metric', () => {
  const other = modelFacts({ 'layers.0.weight': [4, 8], norm: [4] });
  const models = Object.fromEntries(
    ['base', 'aligned', 'useful', 'far'].map((name) => [name, { kind: 'path' as const, path: `/models/${name}` }]),
  );
  const workflow = sampleWorkflow({
    models: { ...models, farther: { kind: 'path', path: '/models/farther' } },
    updates: { alignment: { from: 'base', to: 'aligned' }, odd: { from: 'far', to: 'farther' } },
    metrics: { alike: cosine(['alignment', 'odd']) },
    sweeps: {},
    subspaces: {},
  });
  try {
    expand(workflow, sampleFacts({ far: other, farther: other }));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    assert.match((error as Error).message, 'layers.0.weight: [8, 4] and [4, 8]');
  }
});

test('in reference semantics updates are held as F16 and a tied output layer counts twice', () => {
  const tied = modelFacts({ 'model.embed_tokens.weight': [8, 4] }, { tied: true });
  const facts = sampleFacts({ base: tied, aligned: tied, useful: tied });
  const metrics = { alike: cosine(['useful', 'alignment']) };
  const plan = expand(sampleWorkflow({ metrics, sweeps: {}, semantics: 'reference' }), facts);
  const paramsOf = (kind: string) => plan.steps.find((step) => step.kind === kind)!.params;
  assert.equal(paramsOf('sign-agreement'), { heldAs: 'F16' });
  assert.equal(paramsOf('cosine-table'), {
    rows: [{ pair: ['useful', 'alignment'], tensors: [{ tensor: 'model.embed_tokens.weight', copies: 2 }] }],
  });
});

test.run();
