import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expand } from '../../../src/plan/expand.js';
import { Explainer } from '../../../src/plan/explain.js';
import { drawGraph } from '../../../src/plan/graph.js';
import { resolve } from '../../../src/plan/resolve.js';
import { selectTargets } from '../../../src/plan/targets.js';
import { stepContracts } from '../../../src/steps/contracts.js';
import type { Model } from '../../../src/workflow/workflow.js';
import { MemoryStore, situationOf } from './memory-store.js';
import { modelFacts, sampleWorkflow } from './sample-workflow.js';

test('a workflow of 100,000 models, each made from the one before, is planned without overflowing the stack', () => {
  const length = 100_000;
  const models: Record<string, unknown> = { base: { kind: 'path', path: '/models/base' } };
  for (let index = 1; index <= length; index++) {
    models[`m${index}`] = { kind: 'perturb', from: index === 1 ? 'base' : `m${index - 1}`, seed: 1, norm: 1, decay: 1 };
  }
  const workflow = sampleWorkflow({
    models: models as Record<string, Model>,
    updates: { whole: { from: 'base', to: `m${length}` } },
    subspaces: { 'top-k': { kind: 'top-k', of: 'whole' } },
    sweeps: {},
    metrics: { overlap: { kind: 'mso', pairs: [['whole', 'whole']], energies: [0.5] } },
  });
  const facts = { models: new Map([['base', modelFacts({ weight: [4, 4] })]]), commits: new Map() };
  const plan = expand(workflow, facts);
  assert.is(plan.steps.filter(({ kind }) => kind === 'perturb').length, length);

  const store = new MemoryStore();
  const outcomes = resolve(plan.steps, situationOf(store, { declarations: stepContracts }));
  assert.is(outcomes.get(`perturb[m${length}]`)!.status, 'run');
  assert.is(selectTargets(plan, [`m${length}`]).length, length);
  const explainer = new Explainer(plan.steps, outcomes, stepContracts, store.previous);
  assert.is(explainer.explain('report').type, 'new');
  assert.ok(drawGraph(plan.steps, 'dot', { collapse: false }).length > 0);
});

test.run();
