import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import type { TokenRow } from '../../../src/formats/token-rows.js';
import type { Gpu } from '../../../src/gpu/gpu.js';
import { AdamW } from '../../../src/nn/adamw.js';
import { lossWeights, targetCount } from '../../../src/nn/batches.js';
import type { DecoderConfig } from '../../../src/nn/config.js';
import { Decoder, type DecoderOptions } from '../../../src/nn/decoder.js';
import { GradientNorm } from '../../../src/nn/gradient-norm.js';
import { fixtureNames, initialWeights, type PaddedRow, readFixture, unpadded } from '../../fixtures/nn/fixture.js';
import { decoderOracle } from '../../oracles/nn/decoder.js';
import { device } from '../device.js';

function tokenRow(row: PaddedRow): TokenRow {
  const { inputIds, labels } = unpadded(row);
  return { inputIds: Int32Array.from(inputIds), labels: Int32Array.from(labels) };
}

async function decoderOf(gpu: Gpu, config: DecoderConfig, options: Partial<DecoderOptions> = {}): Promise<Decoder> {
  const weights = initialWeights(config);
  const whole = { type: 'F32', ...options } as const;
  return Decoder.create(gpu, config, whole, async (name) => fromFloat32(weights.get(name)!, whole.type));
}

async function gradientsOf(gpu: Gpu, decoder: Decoder): Promise<Map<string, Float32Array>> {
  const gradients = new Map<string, Float32Array>();
  for (const { name, gradient } of decoder.parameters) gradients.set(name, new Float32Array(await gpu.read(gradient)));
  return gradients;
}

/** ‖a − b‖ / ‖b‖ */
function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.is(a.length, b.length);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}

for (const name of fixtureNames) {
  test(`${name}: logits, loss, every gradient and the weights after AdamW are those of double precision`, async () => {
    const gpu = await device();
    const { config, training, steps, tensors } = await readFixture(name);
    const decoder = await decoderOf(gpu, config);
    const before = initialWeights(config);

    const first = steps[0]![0]!.map(tokenRow);
    const everywhere = first.map(({ inputIds }) => ({ inputIds, labels: inputIds.map((_, i) => inputIds[i]!) }));
    // Every position but the last of a sequence predicts: compare those rows of the fixture's logits.
    const expected = tensors.get('logits')!;
    const kept: number[] = [];
    let row = 0;
    for (const { inputIds } of first) {
      for (let t = 0; t < inputIds.length; t++, row++) {
        if (t + 1 < inputIds.length)
          kept.push(...expected.subarray(row * config.vocabulary, (row + 1) * config.vocabulary));
      }
    }
    assert.ok(relativeError(await decoder.logits(everywhere), kept) < 2e-6, 'logits');

    const optimizer = await AdamW.create(gpu, decoder.parameters, 'f32', {
      beta1: training.betas[0],
      beta2: training.betas[1],
      epsilon: training.epsilon,
      weightDecay: training.weight_decay,
      rounding: 'nearest',
      seed: 0,
    });
    const norm = new GradientNorm(gpu, decoder.parameters);
    const normalisation = training.normalisation === 'tokens' ? 'effective-batch' : 'micro-batch';
    for (const [index, microBatches] of steps.entries()) {
      const batches = microBatches.map((batch) => batch.map(tokenRow));
      const counts = batches.map((batch) => batch.reduce((sum, each) => sum + targetCount(each), 0));
      const weights = lossWeights(counts, normalisation);
      for (const { gradient } of decoder.parameters) gpu.clear(gradient);
      let loss = 0;
      for (const [at, batch] of batches.entries())
        loss += weights[at]! * (await decoder.accumulate(batch, weights[at]!));
      assert.ok(Math.abs(loss / tensors.get('losses')![index]! - 1) < 2e-6, `loss of step ${index}`);
      if (index === 0) {
        for (const [tensor, gradient] of await gradientsOf(gpu, decoder)) {
          const error = relativeError(gradient, tensors.get(`gradient/${tensor}`)!);
          // Gradients of queries and keys cancel most: 1.06e-5 on SwiftShader at worst, 5.1e-6 on lavapipe.
          assert.ok(error < 2e-5, `gradient of ${tensor}: ${error}`);
        }
      }
      const measured = await norm.measure();
      assert.ok(Math.abs(measured / tensors.get('norms')![index]! - 1) < 1e-5, `norm of step ${index}`);
      await optimizer.update(index + 1, training.lr, Math.min(1, training.clip / (measured + 1e-6)));
    }
    for (const { name: tensor, weights, count } of decoder.parameters) {
      const after = new Float32Array(await gpu.read(weights, 0, count * 4));
      const update = after.map((value, i) => value - before.get(tensor)![i]!);
      const error = relativeError(update, tensors.get(`update/${tensor}`)!);
      assert.ok(error < 2e-3, `update of ${tensor}: ${error}`);
    }
    norm.release();
    optimizer.release();
    decoder.release();
  });
}

for (const name of [
  'qwen2-gqa',
  'qwen3-gqa-wide-heads',
  'olmo2-mha',
  'smollm3-list',
  'phi3-mha',
  'gemma3-types',
] as const) {
  test(`${name}: activation checkpointing and earlier larger batches change no bit of a gradient`, async () => {
    const gpu = await device();
    const { config, steps } = await readFixture(name);
    const rows = steps[0]!.flat().map(tokenRow);
    const plain = await decoderOf(gpu, config);
    const plainLoss = await plain.accumulate(rows, 0.25);
    const expected = await gradientsOf(gpu, plain);
    plain.release();
    const checkpointed = await decoderOf(gpu, config, { activationCheckpointing: true });
    await checkpointed.rowLosses([...rows, ...rows]);
    assert.is(await checkpointed.accumulate(rows, 0.25), plainLoss);
    assert.equal(await gradientsOf(gpu, checkpointed), expected);
    checkpointed.release();
  });
}

test('a vocabulary in several windows gives the loss and gradients of the oracle', async () => {
  const gpu = await device();
  const { config: fixture, steps } = await readFixture('llama-gqa-wide-heads');
  const config = { ...fixture, vocabulary: 300 };
  const rows = steps[0]!.flat().map(tokenRow);
  const weights = new Map([...initialWeights(config)].map(([name, values]) => [name, Float64Array.from(values)]));
  const sequences = rows.map(({ inputIds, labels }) => ({ inputIds: [...inputIds], labels: [...labels] }));
  const oracle = decoderOracle(config, weights, sequences, 0.5);
  const decoder = await decoderOf(gpu, config, { largestWindow: 128 });
  const sum = await decoder.accumulate(rows, 0.5);
  assert.ok(Math.abs((sum * 0.5) / oracle.loss - 1) < 2e-6);
  for (const [name, gradient] of await gradientsOf(gpu, decoder)) {
    const error = relativeError(gradient, oracle.gradients.get(name)!);
    assert.ok(error < 1e-5, `gradient of ${name}: ${error}`);
  }
  decoder.release();
});

test('bf16 weights give what f32 copies of the same numbers give', async () => {
  const gpu = await device();
  const { config, steps } = await readFixture('qwen2-gqa');
  const rows = steps[0]!.flat().map(tokenRow);
  const halved = await decoderOf(gpu, config, { type: 'BF16' });
  const weights = initialWeights(config);
  const rounded = await Decoder.create(gpu, config, { type: 'F32' }, async (name) => {
    return fromFloat32(toFloat32(fromFloat32(weights.get(name)!, 'BF16'), 'BF16'), 'F32');
  });
  const [a, b] = [await halved.accumulate(rows, 1), await rounded.accumulate(rows, 1)];
  assert.ok(Math.abs(a / b - 1) < 1e-6);
  const expected = await gradientsOf(gpu, rounded);
  for (const [name, gradient] of await gradientsOf(gpu, halved)) {
    assert.ok(relativeError(gradient, expected.get(name)!) < 1e-5, name);
  }
  halved.release();
  rounded.release();
});

test('rows without a target have no loss and no gradient', async () => {
  const gpu = await device();
  const { config } = await readFixture('llama-mha');
  const decoder = await decoderOf(gpu, config);
  const ids = Int32Array.of(1, 2, 3);
  const rows = [{ inputIds: ids, labels: Int32Array.of(1, -100, -100) }];
  assert.is(await decoder.accumulate(rows, 1), 0);
  assert.equal(
    await decoder.rowLosses(rows),
    rows.map(() => ({ sum: 0, targets: 0 })),
  );
  for (const gradient of (await gradientsOf(gpu, decoder)).values()) assert.ok(gradient.every((value) => value === 0));
  decoder.release();
});

test('a token or label that the model does not know is an error that names it', async () => {
  const gpu = await device();
  const { config } = await readFixture('llama-mha');
  const decoder = await decoderOf(gpu, config);
  for (const [ids, labels] of [
    [
      [1, 13],
      [-100, 1],
    ],
    [
      [-1, 2],
      [-100, 1],
    ],
    [
      [1, 2],
      [-100, 13],
    ],
  ] as const) {
    try {
      await decoder.accumulate([{ inputIds: Int32Array.from(ids), labels: Int32Array.from(labels) }], 1);
      assert.unreachable('it was accepted');
    } catch (error) {
      assert.match((error as Error).message, /^Token (13|-1) is not in the model's vocabulary of 13$/);
    }
  }
  decoder.release();
});

test.run();
