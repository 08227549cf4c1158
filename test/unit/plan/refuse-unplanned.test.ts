import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import type { Workflow } from '../../../src/workflow/workflow.js';
import { range, sampleFacts, sampleSweep, sampleWorkflow } from './sample-workflow.js';

const tokens = { template: 'raw', eos: true, lossOn: 'all', maxLength: 8, overlong: 'drop' } as const;
const loss = { kind: 'loss', on: 'notes', models: [], tokens } as const;

function refusals(workflow: Workflow): string[] {
  try {
    expand(workflow, sampleFacts());
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    const { diagnostics } = error as InvalidWorkflowError;
    for (const diagnostic of diagnostics) assert.is(diagnostic.range, range);
    return diagnostics.map(({ message }) => message);
  }
  return [];
}

const message = (what: string, kind: string) => `the ${what} is of kind ${kind}, which this version of runflow can check but not run`; // biome-ignore format: one line

test('metrics that no step can measure are refused where something asks for them, and only there', () => {
  assert.equal(refusals(sampleWorkflow({ metrics: { loss } })), []);
  assert.equal(refusals(sampleWorkflow({ metrics: { loss: { ...loss, models: ['base'] } } })), [
    message('metric "loss"', 'loss'),
  ]);
  const sweeps = { parallel: { ...sampleSweep, measure: ['energy', 'loss'] } };
  assert.equal(refusals(sampleWorkflow({ metrics: { loss }, sweeps })), [message('metric "loss"', 'loss')]);
});

test('claims are refused, all at once', () => {
  const claims: Workflow['claims'] = new Map([
    ['a', { name: 'a', range, kind: 'above-baseline', metric: 'overlap' }],
    ['b', { name: 'b', range, kind: 'linear-energy', sweep: 'parallel', tolerance: 0.05 }],
  ]);
  assert.equal(refusals({ ...sampleWorkflow(), claims }), [
    message('claim "a"', 'above-baseline'),
    message('claim "b"', 'linear-energy'),
  ]);
});

test.run();
