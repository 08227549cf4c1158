import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError } from '../../../src/diagnostics/errors.js';
import { type FamilyName, familyNames } from '../../../src/formats/families/registry.js';
import { fromFloat32 } from '../../../src/formats/float-conversion.js';
import type { Precision } from '../../../src/formats/precision.js';
import type { DeviceBuffer, Gpu } from '../../../src/gpu/gpu.js';
import type { DecoderConfig } from '../../../src/nn/config.js';
import { Decoder } from '../../../src/nn/decoder.js';
import { checkMemory, memoryPlan } from '../../../src/nn/memory-plan.js';
import { type TrainingRecipe, train } from '../../../src/nn/train.js';
import { layerProfiles } from '../../bench/layer-profiles.js';
import { initialWeights } from '../../fixtures/nn/fixture.js';
import { device } from '../device.js';
import { smallDecoder, smallRows } from './small-decoder.js';

const config = smallDecoder('llama');
const rows = smallRows(8);
const batch = { rows: 4, tokens: 240, targets: 160 };

/** The device, and the most bytes that were in use on it at a time. */
function counted(gpu: Gpu): { gpu: Gpu; most: () => number } {
  let bytes = 0;
  let most = 0;
  const take = (buffer: DeviceBuffer): DeviceBuffer => {
    bytes += buffer.bytes;
    most = Math.max(most, bytes);
    return buffer;
  };
  const own = {
    allocate: (count: number, label: string) => take(gpu.allocate(count, label)),
    upload: (data: ArrayBufferView, label: string) => take(gpu.upload(data, label)),
    release: (...buffers: readonly DeviceBuffer[]) => {
      for (const buffer of buffers) bytes -= buffer.bytes;
      gpu.release(...buffers);
    },
  };
  const get = (_: Gpu, name: string) => {
    if (name in own) return own[name as keyof typeof own];
    const value = gpu[name as keyof Gpu];
    return typeof value === 'function' ? (value as () => unknown).bind(gpu) : value;
  };
  return { gpu: new Proxy(gpu, { get: get as ProxyHandler<Gpu>['get'] & object }), most: () => most };
}

const kinds = (['f32', 'bf16-weights', 'bf16'] as const).flatMap((precision) =>
  [false, true].map((checkpointing) => ({ family: 'llama' as FamilyName, precision, checkpointing })),
);
for (const family of familyNames) {
  // What only some families keep is in the activations, which are the larger part of a plan without checkpointing.
  if (family !== 'llama') kinds.push({ family, precision: 'f32', checkpointing: false });
}
for (const { family, precision, checkpointing } of kinds) {
  test(`the memory plan is what training takes: ${family}, ${precision}, checkpointing ${checkpointing}`, async () => {
    const { gpu, most } = counted(await device());
    const type = precision === 'f32' ? 'F32' : 'BF16';
    const ofFamily = { ...config, family };
    const weights = initialWeights(ofFamily);
    const options = { type, activationCheckpointing: checkpointing } as const;
    const decoder = await Decoder.create(gpu, ofFamily, options, async (name) => fromFloat32(weights.get(name)!, type));
    const recipe: TrainingRecipe = {
      kind: 'constant',
      peak: 1e-3,
      warmup: 0,
      batch: 4,
      accumulate: 1,
      epochs: 1,
      order: 'as-is',
      seed: 3,
      weightDecay: 0,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clip: 1,
      precision,
      rounding: 'nearest',
      lossNormalisation: 'effective-batch',
    };
    const folder = mkdtempSync(join(tmpdir(), 'runflow-memory-'));
    const environment = { folder, checkpointEvery: 100, signal: new AbortController().signal, onStep: () => {} };
    await train(gpu, decoder, rows, recipe, environment);
    rmSync(folder, { recursive: true });
    decoder.release();
    const { total } = memoryPlan(ofFamily, precision, batch, checkpointing);
    const taken = most();
    // What the plan leaves out: batches of token ids, the rotary table, partial sums of norms.
    assert.ok(taken >= 0.97 * total && taken <= 1.05 * total, `${taken} bytes taken, ${total} planned`);
  });
}

test('over budget is an error that names the plan, and what of checkpointing, batch and precision would fit', () => {
  const planned = (precision: Precision, checkpointing: boolean, rowCount = 4) =>
    memoryPlan(config, precision, { tokens: 60 * rowCount, targets: 40 * rowCount }, checkpointing).total;
  const whole = planned('f32', false);
  assert.is(checkMemory(config, 'f32', batch, false, whole).total, whole);
  const failure = (budget: number): EnvironmentError => {
    try {
      checkMemory(config, 'f32', batch, false, budget);
    } catch (error) {
      assert.instance(error, EnvironmentError);
      return error as EnvironmentError;
    }
    throw new Error('it fits');
  };
  assert.match(
    failure(whole - 1).message,
    /needs more than the device's budget of .*weights .*gradients .*activations/,
  );
  assert.match(failure(planned('f32', true)).hint!, /^Set activation-checkpointing: true in the recipe/);
  assert.match(failure(planned('f32', true, 1)).hint!, /^Set batch: 1 .* and activation-checkpointing: true/);
  assert.match(failure(planned('bf16', true, 1)).hint!, /^Set precision: bf16, batch: 1 and activation-checkpointing/);
  assert.match(failure(planned('bf16', true, 1) - 1).hint!, /^No recipe fits/);
});

test('a batch whose activations cannot be bound is an error that says how many tokens can, and leaves the device as it was', async () => {
  const gpu = await device();
  const limit = gpu.limits.maxStorageBufferBindingSize;
  const wide: DecoderConfig = { ...config, hidden: 8, heads: 2, kvHeads: 1, headDim: 4, mlp: 2 ** 18, layers: 1 };
  const most = Math.floor(limit / (8 * wide.mlp));
  const decoder = await Decoder.create(gpu, wide, { type: 'BF16' }, async (_, shape) =>
    fromFloat32(new Float32Array(shape.reduce((a, b) => a * b)), 'BF16'),
  );
  const long = { inputIds: new Int32Array(most + 1), labels: new Int32Array(most + 1) };
  try {
    await decoder.rowLosses([long]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, EnvironmentError);
    assert.match((error as Error).message, new RegExp(`over ${most + 1} tokens .* [MG]iB at a time, ${most} tokens`));
  }
  const [short] = await decoder.rowLosses([{ inputIds: Int32Array.of(1, 2), labels: Int32Array.of(1, 2) }]);
  assert.is(short!.targets, 1);
  decoder.release();
});

test('one layer and the vocabulary of Qwen2.5-7B train in bf16 in 14 GB; f32 is refused before anything is allocated', () => {
  const true7b: DecoderConfig = {
    layers: 1,
    attentionBias: false,
    mlpBias: false,
    normEpsilon: 1e-6,
    contextLength: 4096,
    endTokens: [],
    ...layerProfiles['qwen2.5-7b']!,
  };
  const tokens = { rows: 4, tokens: 64, targets: 64 };
  // 2 · 152064 · 3584 of embedding and output, 2 · (3584² + 512 · 3584) + 3 · 3584 · 18944 of the layer, biases and norms.
  const count = 2 * 152_064 * 3584 + 2 * (3584 ** 2 + 512 * 3584) + 3 * 3584 * 18_944 + 3584 + 2 * 512 + 3 * 3584;
  const plan = checkMemory(true7b, 'bf16', tokens, false, 14e9);
  assert.equal([plan.weights, plan.gradients, plan.optimizer], [2 * count, 4 * count, 4 * count]);
  assert.is(memoryPlan(true7b, 'f32', tokens, false).weights, 4 * count);
  try {
    checkMemory(true7b, 'f32', tokens, false, 14e9);
    assert.unreachable('it was accepted');
  } catch (error) {
    assert.instance(error, EnvironmentError);
    assert.match((error as Error).message, /^Training needs more than the device's budget of .*weights .*optimizer/);
    assert.match((error as EnvironmentError).hint!, /precision: bf16/);
  }
});

test.run();
