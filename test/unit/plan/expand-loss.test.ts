import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expand } from '../../../src/plan/expand.js';
import type { ReportParams } from '../../../src/steps/report.js';
import type { Workflow } from '../../../src/workflow/workflow.js';
import { modelFacts, range, sampleFacts, sampleRecipe, sampleWorkflow } from './sample-workflow.js';

const train = { kind: 'train', purpose: 'finetune', on: 'vaults', recipe: 'full', seed: 5 } as const;

/** base → aligned → useful, both trained, and a model that nothing uses. */
function trained(sections: Parameters<typeof sampleWorkflow>[0] = {}): Workflow {
  const vaults = { kind: 'vaults', rows: 9, seed: 1, answer: 'refuse', vaults: [1, 16] } as const;
  return {
    ...sampleWorkflow({
      models: {
        base: { kind: 'path', path: '/models/base' },
        unused: { ...train, from: 'base' },
        useful: { ...train, from: 'aligned' },
        aligned: { ...train, from: 'base' },
        ...sections.models,
      },
    }),
    datasets: new Map([['vaults', { name: 'vaults', range, ...vaults, transforms: {} }]]),
    recipes: new Map([['full', sampleRecipe]]),
  };
}

test('the loss table has the curves of the models that the plan trains, in the order of the workflow', () => {
  const plan = expand(trained(), sampleFacts());
  const table = plan.steps.find(({ kind }) => kind === 'loss-table')!;
  assert.equal(table.params, { models: ['useful', 'aligned'] });
  assert.equal(table.inputs, {
    '0': { node: 'train[useful]', output: 'curve' },
    '1': { node: 'train[aligned]', output: 'curve' },
  });
  assert.not.ok(plan.steps.some(({ id }) => id.includes('unused')));
  assert.ok(plan.results.some(({ file, node }) => file === 'loss.csv' && node === 'loss-table'));
  assert.ok('loss.csv' in plan.steps.find(({ kind }) => kind === 'report')!.inputs);
});

test('a plan that trains nothing has no loss table', () => {
  const { steps, results } = expand(sampleWorkflow(), sampleFacts());
  assert.not.ok(steps.some(({ kind }) => kind === 'loss-table'));
  assert.not.ok(results.some(({ file }) => file === 'loss.csv'));
});

test('a trained model whose parent was not fetched defers the table', () => {
  const workflow = trained({ models: { base: { kind: 'hub', repo: 'a/b', revision: 'main' } } });
  const plan = expand(workflow, { models: new Map(), commits: new Map() });
  assert.not.ok(plan.steps.some(({ kind }) => kind === 'loss-table'));
  const { models } = plan.deferred.find(({ what }) => what === 'loss-table')!;
  assert.equal(models, ['base']);
  const fetched = expand(workflow, {
    models: new Map([['base', modelFacts({ 'layers.0.weight': [8, 4] })]]),
    commits: new Map([['base', '0123456789012345678901234567890123456789']]),
  });
  assert.ok(fetched.steps.some(({ kind }) => kind === 'loss-table'));
});

test('the report is told the ends of the updates in use, and of results that it does not read', () => {
  const plan = expand(sampleWorkflow(), sampleFacts());
  const { updates, linked } = plan.steps.find(({ kind }) => kind === 'report')!.params as ReportParams;
  assert.equal(updates, [
    { name: 'alignment', from: 'base', to: 'aligned' },
    { name: 'useful', from: 'aligned', to: 'useful' },
  ]);
  assert.equal(linked, []);
});

test.run();
