import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PlanBuilder } from '../../../src/plan/plan-builder.js';
import type { StepOf } from '../../../src/steps/contracts.js';

const inputs = { from: { node: 'a', output: 'tensor/w' }, to: { node: 'b', output: 'tensor/w' } };
const svd: StepOf<'svd'> = { id: 'svd[u,w]', kind: 'svd', params: {}, inputs, group: 'SVD of u' };

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.instance(error, TypeError);
    return (error as TypeError).message;
  }
  return assert.unreachable() as never;
}

test('a step that several definitions ask for is there once', () => {
  const builder = new PlanBuilder();
  builder.add(svd, 'updates.u');
  builder.add({ ...svd, params: {}, inputs: { to: inputs.to, from: inputs.from } }, 'sweeps.s', 'metrics.m');
  const { steps, named } = builder.build();
  assert.equal(steps, [{ ...svd, origin: 'updates.u' }]);
  assert.equal([...named.keys()], ['updates.u', 'sweeps.s', 'metrics.m']);
});

test('two different steps of one id are refused, whatever they differ in', () => {
  const others: readonly Partial<StepOf<'svd'>>[] = [
    { params: { heldAs: 'F16' } },
    { inputs: { ...inputs, to: { node: 'c', output: 'tensor/w' } } },
    { inputs: { ...inputs, to: { node: 'b', output: 'tensor/v' } } },
    { group: 'SVD of v' },
    { cost: 1 },
  ];
  for (const other of others) {
    const builder = new PlanBuilder();
    builder.add(svd, 'updates.u');
    const message = messageOf(() => builder.add({ ...svd, ...other }, 'updates.v'));
    assert.is(message, 'two different steps have the id svd[u,w], one of updates.u and one of updates.v');
  }
});

test('a step whose inputs are not those of its contract is refused', () => {
  const add = (given: StepOf<'svd'>['inputs']) => new PlanBuilder().add({ ...svd, inputs: given }, 'updates.u');
  assert.is(
    messageOf(() => add({ ...inputs, onto: inputs.to })),
    'svd[u,w] of updates.u: input "onto" is not declared',
  );
  assert.is(
    messageOf(() => add({ from: inputs.from })),
    'svd[u,w] of updates.u: input "to" is missing',
  );
});

test.run();
