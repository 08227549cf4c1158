import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifact } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { fromFloat32 } from '../../../src/formats/float-conversion.js';
import type { SignAgreementResult } from '../../../src/formats/step-results.js';
import { countSigns } from '../../../src/worker/steps/sign-agreement.js';
import { noise } from '../../checkpoint-fixtures.js';
import { MemoryContext } from './memory-context.js';

type Dtype = 'F32' | 'F16';

async function signs(
  shape: readonly number[],
  ends: Readonly<Record<'from' | 'to' | 'onto-from' | 'onto-to', ArrayLike<number>>>,
  params: { heldAs?: 'F16' } = {},
  dtype: Dtype = 'F32',
): Promise<SignAgreementResult> {
  const objects = new Map<string, Uint8Array>();
  const inputs = Object.fromEntries(
    Object.entries(ends).map(([name, values]) => {
      const bytes = fromFloat32(Float32Array.from(values), dtype);
      const artifact: Artifact = { digest: digestOf(bytes), bytes: bytes.length, tensor: { dtype, shape } };
      objects.set(artifact.digest, bytes);
      return [name, { t: artifact }];
    }),
  );
  const context = new MemoryContext(params, inputs, objects);
  await countSigns(context);
  return JSON.parse(new TextDecoder().decode(await context.read(context.outputs.signs!)));
}

test('elements that one update leaves as they are do not count', async () => {
  const zero = [0, 0, 0, 0, 0, 0];
  const result = await signs([6], {
    from: zero,
    to: [1, -2, 3, 0, 0, -0],
    'onto-from': zero,
    'onto-to': [5, -1, -3, 2, 0, 1],
  });
  assert.equal(result, { elements: 6, changedByBoth: 3, agreeing: 2 });
});

test('an update agrees with itself and never with its negative, whatever its shape', async () => {
  for (const shape of [[], [7], [5, 3], [3, 5], [2, 3, 4]]) {
    const count = shape.reduce((product, size) => product * size, 1);
    const [a, b] = [noise(1, count), noise(2, count)];
    assert.equal(await signs(shape, { from: a, to: b, 'onto-from': a, 'onto-to': b }), {
      elements: count,
      changedByBoth: count,
      agreeing: count,
    });
    assert.equal(await signs(shape, { from: a, to: b, 'onto-from': b, 'onto-to': a }), {
      elements: count,
      changedByBoth: count,
      agreeing: 0,
    });
  }
});

test('held as F16, a change below its last place is none', async () => {
  const ends = { from: [1, 1], to: [1.0001, 1.01], 'onto-from': [0, 0], 'onto-to': [1, 1] };
  assert.equal(await signs([2], ends), { elements: 2, changedByBoth: 2, agreeing: 2 });
  assert.equal(await signs([2], ends, { heldAs: 'F16' }), { elements: 2, changedByBoth: 1, agreeing: 1 });
});

test('a number that is not finite is an error, not a sign', async () => {
  const ends = { from: [0, 0], to: [1, Number.NaN], 'onto-from': [0, 0], 'onto-to': [1, 1] };
  const message = await signs([2], ends).then(
    () => 'none',
    (error: Error) => error.message,
  );
  assert.match(message, /"to" holds NaN at row 1/);
});

test.run();
