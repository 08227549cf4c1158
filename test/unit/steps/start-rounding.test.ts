import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import type { DType } from '../../../src/formats/tensor.js';
import { startRounding } from '../../../src/worker/steps/train.js';

const model = (...types: DType[]): Artifacts =>
  Object.fromEntries(
    types.map((dtype, i) => [`tensor/w${i}`, { digest: digestOf(`${i}`), bytes: 2, tensor: { dtype, shape: [1] } }]),
  );

test('training in bf16, with an f32 copy or without, says that it rounds a start of more digits', () => {
  const told = 'rounds the start from F32 to BF16: the update holds this rounding, too';
  assert.is(startRounding(model('F32', 'BF16'), 'bf16-weights'), `precision bf16-weights ${told}`);
  assert.is(startRounding(model('F32'), 'bf16'), `precision bf16 ${told}`);
  assert.match(startRounding(model('F32', 'F16', 'F32'), 'bf16')!, 'from F16 and F32 to BF16');
});

test('a start that is bf16 already, and training in f32, round nothing', () => {
  assert.is(startRounding(model('BF16', 'I64'), 'bf16-weights'), undefined);
  assert.is(startRounding(model('F16', 'F32'), 'f32'), undefined);
});

test.run();
