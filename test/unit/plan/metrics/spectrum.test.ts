import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expand } from '../../../../src/plan/expand.js';
import { modelFacts, sampleFacts, sampleWorkflow } from '../sample-workflow.js';

const metrics = {
  one: { kind: 'spectrum' as const, of: ['useful', 'alignment'] },
  two: { kind: 'spectrum' as const, of: ['useful'] },
};

test('a spectrum reads the decompositions that subspaces make, each update once, whatever names it', () => {
  const plan = expand(sampleWorkflow({ metrics }), sampleFacts());
  const table = plan.steps.find(({ kind }) => kind === 'spectrum-table')!;
  const tensors = [
    { tensor: 'layers.0.weight', rankMax: 4 },
    { tensor: 'norm', rankMax: 1 },
  ];
  assert.equal(table.params, {
    rows: [
      { update: 'useful', tensors },
      { update: 'alignment', tensors },
    ],
  });
  assert.equal(table.inputs['1/0'], { node: 'svd[alignment,layers.0.weight]', output: 's' });
  assert.equal(
    plan.steps.filter(({ kind }) => kind === 'svd').map(({ id }) => id),
    ['svd[alignment,layers.0.weight]', 'svd[alignment,norm]', 'svd[useful,layers.0.weight]', 'svd[useful,norm]'],
  );
  assert.ok(plan.results.some(({ file, node }) => file === 'spectrum.csv' && node === 'spectrum-table'));
  for (const name of ['metrics.one', 'metrics.two']) {
    assert.equal(plan.named.get(name), ['spectrum-table']);
  }
});

test('the published code counts a tied output layer twice, and holds updates as F16', () => {
  const tied = modelFacts({ 'model.embed_tokens.weight': [8, 4], 'model.norm.weight': [4] }, { tied: true });
  const facts = sampleFacts({ base: tied, aligned: tied, useful: tied });
  const of = (semantics: 'paper' | 'reference') => expand(sampleWorkflow({ metrics, semantics, sweeps: {} }), facts);
  const rows = (semantics: 'paper' | 'reference') =>
    of(semantics).steps.find(({ kind }) => kind === 'spectrum-table')!.params.rows as { tensors: unknown[] }[];
  assert.equal(rows('paper')[0]!.tensors[0], { tensor: 'model.embed_tokens.weight', rankMax: 4 });
  assert.equal(rows('reference')[0]!.tensors[0], { tensor: 'model.embed_tokens.weight', rankMax: 4, copies: 2 });
  assert.equal(of('reference').steps[0]!.params, { heldAs: 'F16' });
});

test('an update of a model that is not fetched defers the metrics that name it, and the table', () => {
  const models = {
    base: { kind: 'path' as const, path: '/models/base' },
    aligned: { kind: 'path' as const, path: '/models/aligned' },
    useful: { kind: 'hub' as const, repository: 'org/useful', revision: 'main' },
  };
  const facts = sampleFacts();
  (facts.models as Map<string, unknown>).delete('useful');
  const plan = expand(sampleWorkflow({ models: models as never, metrics, sweeps: {} }), facts);
  assert.equal(
    plan.deferred.map(({ what }) => what),
    ['metrics.one', 'metrics.two', 'spectrum-table', 'report'],
  );
});

test.run();
