import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asked } from '../../../src/plan/asked.js';
import type { Metric } from '../../../src/workflow/workflow.js';
import { workflowOf } from './keyed-plan.js';

const test = suite('what was asked');

const text = (fractions: string) => `runflow: 1
models: { base: { path: base }, aligned: { path: aligned }, tuned: { path: tuned } }
datasets: { prompts: { synthetic: problems, rows: 4 } }
updates: { alignment: { from: base, to: aligned }, tuning: { from: aligned, to: tuned } }
subspaces: { top-k: { kind: top-k, of: alignment } }
sweeps: { inside: { project: tuning, onto: top-k, mode: parallel, fractions: ${fractions} } }
metrics:
  idle: { kind: loss, on: prompts, template: raw, models: [tuned] }
  overlap: { kind: mso, pairs: [[tuning, alignment]], energies: [0.5] }
`;

test('a metric that measures nothing was not asked for', async () => {
  const workflow = await workflowOf(text('[0.5]'));
  const labels = (of: typeof workflow) => asked(of)?.map(({ label }) => label);
  const others = ['Update alignment', 'Update tuning', 'Subspace top-k', 'Sweep inside'];
  assert.equal(labels(workflow), [...others, 'Metric idle', 'Metric overlap']);
  // As in a workflow that includes it and names it nowhere.
  const idle = { ...workflow.metrics.get('idle')!, models: [] } as Metric;
  const metrics = new Map(workflow.metrics).set('idle', idle);
  assert.equal(labels({ ...workflow, metrics }), [...others, 'Metric overlap']);
});

test('the order in which fractions are listed changes nothing', async () => {
  assert.equal(asked(await workflowOf(text('[0.25, 0.5]'))), asked(await workflowOf(text('[0.5, 0.25]'))));
});

test.run();
