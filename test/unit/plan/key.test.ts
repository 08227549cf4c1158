import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { fingerprintOf, keyOf } from '../../../src/plan/key.js';
import type { Step } from '../../../src/steps/step.js';
import { artifact, declaration } from './memory-store.js';

const step: Step = {
  id: 'svd[alignment,norm]',
  kind: 'svd',
  params: { heldAs: 'F16', ranks: [1, 2], nested: { a: 1e-5, b: null } },
  inputs: { from: { node: 'source[a]', output: 'tensor/norm' }, all: { node: 'source[b]', output: '*' } },
  group: 'SVD of alignment',
  origin: 'updates.alignment',
  cost: 7,
};
const tensor = { dtype: 'F32', shape: [4] } as const;
const outputs = new Map<string, Artifacts>([
  ['source[a]', { 'tensor/norm': { ...artifact('a'), tensor, at: { file: '/one/place', offset: 3 } } }],
  ['source[b]', { x: artifact('x'), y: artifact('y') }],
]);
const key = (
  changed: Partial<Step> = {},
  options: { revision?: number; usesDevice?: boolean; device?: string; outputs?: Map<string, Artifacts> } = {},
) =>
  keyOf(
    fingerprintOf(
      { ...step, ...changed },
      declaration('svd', options.revision ?? 3, options.usesDevice ?? true),
      options.outputs ?? outputs,
      options.device ?? 'vulkan/a',
    ),
  );
const withA = (changed: object) =>
  new Map(outputs).set('source[a]', { 'tensor/norm': { ...outputs.get('source[a]')!['tensor/norm']!, ...changed } });

test('what decides the result moves the key', () => {
  const keys = [
    key(),
    key({ kind: 'other' }),
    key({ params: { ...step.params, heldAs: 'F32' } }),
    key({ params: { ...step.params, ranks: [2, 1] } }),
    key({ params: { ...step.params, nested: { a: 1e-5, b: 0 } } }),
    key({}, { revision: 4 }),
    key({}, { device: 'vulkan/b' }),
    key({}, { usesDevice: false }),
    key({}, { outputs: withA({ digest: artifact('other').digest }) }),
    key({}, { outputs: withA({ tensor: { ...tensor, shape: [2, 2] } }) }),
    key({}, { outputs: withA({ tensor: { ...tensor, dtype: 'BF16' } }) }),
    key({}, { outputs: new Map(outputs).set('source[b]', { x: artifact('x'), z: artifact('y') }) }),
    key({}, { outputs: new Map(outputs).set('source[b]', { x: artifact('x'), y: artifact('z') }) }),
    key({ inputs: { ...step.inputs, more: step.inputs.from! } }),
    key({ inputs: { to: step.inputs.from!, all: step.inputs.all! } }),
  ];
  assert.is(new Set(keys).size, keys.length);
});

test('what does not decide the result leaves the key alone', () => {
  const renamed = new Map(outputs).set('elsewhere', outputs.get('source[a]')!);
  assert.is(key({ id: 'svd[renamed]', group: 'other', origin: 'updates.other', cost: 8 }), key());
  assert.is(key({ params: { nested: { b: null, a: 0.00001 }, ranks: [1, 2], heldAs: 'F16' } }), key());
  assert.is(key({}, { outputs: withA({ at: { file: '/moved', offset: 0 } }) }), key());
  const from = { node: 'elsewhere', output: 'tensor/norm' };
  assert.is(key({ inputs: { all: step.inputs.all!, from } }, { outputs: renamed }), key());
  assert.is(key({}, { usesDevice: false, device: 'a' }), key({}, { usesDevice: false, device: 'b' }));
  const reordered = new Map(outputs).set('source[b]', { y: artifact('y'), x: artifact('x') });
  assert.is(key({}, { outputs: reordered }), key());
});

test('an input that its node does not have is a bug that names both', () => {
  const inputs = { from: { node: 'source[a]', output: 'tensor/lost' } };
  assert.throws(() => key({ inputs }), /svd\[alignment,norm\] needs tensor\/lost of source\[a\]/);
});

test.run();
