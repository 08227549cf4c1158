import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expand } from '../../../../src/plan/expand.js';
import { sampleFacts, sampleWorkflow } from '../sample-workflow.js';

const angles = (energies: readonly number[]) => ({
  kind: 'principal-angles' as const,
  pairs: [['useful', 'alignment'] as const],
  energies,
});

test('angles have a step an energy, which reads the decompositions that overlaps read', () => {
  const metrics = { one: angles([0.9, 0.5]), two: angles([0.5, 0.1]) };
  const plan = expand(sampleWorkflow({ metrics, sweeps: {} }), sampleFacts());
  const ids = plan.steps.filter(({ kind }) => kind === 'principal-angles').map(({ id }) => id);
  assert.equal(
    ids,
    [0.1, 0.5, 0.9].flatMap((energy) =>
      ['layers.0.weight', 'norm'].map((tensor) => `principal-angles[useful,alignment,${energy},${tensor}]`),
    ),
  );
  const step = plan.steps.find(({ id }) => id === ids[0])!;
  assert.equal(step.params, { energy: 0.1 });
  assert.equal(step.inputs, {
    'a-u': { node: 'svd[useful,layers.0.weight]', output: 'u' },
    'a-s': { node: 'svd[useful,layers.0.weight]', output: 's' },
    'b-u': { node: 'svd[alignment,layers.0.weight]', output: 'u' },
    'b-s': { node: 'svd[alignment,layers.0.weight]', output: 's' },
  });
  const table = plan.steps.find(({ kind }) => kind === 'angle-table')!;
  const tensors = ['layers.0.weight', 'norm'];
  assert.equal(table.params, {
    rows: [0.1, 0.5, 0.9].map((energy) => ({ pair: ['useful', 'alignment'], energy, tensors })),
  });
  // A step is asked for by the metrics that have its energy.
  const asked = (metric: string) => plan.named.get(metric)!.filter((id) => id.startsWith('principal-angles'));
  assert.equal(asked('metrics.one'), ids.slice(2));
  assert.equal(asked('metrics.two'), ids.slice(0, 4));
});

test('in reference semantics a zero update has the rank that overlaps give it', () => {
  const workflow = sampleWorkflow({ metrics: { one: angles([0.5]) }, sweeps: {}, semantics: 'reference' });
  const plan = expand(workflow, sampleFacts());
  const step = plan.steps.find(({ kind }) => kind === 'principal-angles')!;
  assert.equal(step.params, { energy: 0.5, zeroRank: 1 });
});

test.run();
