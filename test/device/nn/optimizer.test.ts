import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import type { Precision } from '../../../src/formats/precision.js';
import type { Gpu } from '../../../src/gpu/gpu.js';
import { elementWindows } from '../../../src/gpu/windows.js';
import { AdamW, type AdamWSettings } from '../../../src/nn/adamw.js';
import { GradientNorm } from '../../../src/nn/gradient-norm.js';
import { type Parameter, storageBytes } from '../../../src/nn/parameter.js';
import { adamW } from '../../oracles/nn/adamw.js';
import { device } from '../device.js';

const settings: AdamWSettings = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  rounding: 'nearest',
  seed: 1,
};

/** Deterministic numbers of mixed size and sign. */
function numbers(count: number, seed: number, size: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i * 1.7) * size * 10 ** ((i % 5) - 2));
}

function parameter(gpu: Gpu, name: string, values: Float32Array, type: 'F32' | 'BF16'): Parameter {
  const weights = gpu.allocate(storageBytes(values.length, type), name);
  const bytes = fromFloat32(values, type);
  const padded = new Uint8Array(weights.bytes);
  padded.set(bytes);
  gpu.write(weights, padded);
  const gradient = gpu.allocate(4 * values.length, `gradient of ${name}`);
  return { name, shape: [values.length], count: values.length, weights, type, gradient };
}

async function weightsOf(gpu: Gpu, { weights, count, type }: Parameter): Promise<Float32Array> {
  const bytes = new Uint8Array(await gpu.read(weights)).subarray(0, count * (type === 'F32' ? 4 : 2));
  return toFloat32(bytes, type);
}

async function trained(
  gpu: Gpu,
  precision: Precision,
  values: Float32Array,
  gradients: readonly Float32Array[],
  with_: AdamWSettings,
) {
  const type = precision === 'f32' ? 'F32' : 'BF16';
  const tensor = parameter(gpu, 'w', values, type);
  const optimizer = await AdamW.create(gpu, [tensor], precision, with_);
  for (const [index, gradient] of gradients.entries()) {
    gpu.write(tensor.gradient, gradient);
    await optimizer.update(index + 1, 1e-2 / (index + 1), 0.5);
  }
  return { weights: await weightsOf(gpu, tensor), state: optimizer.state() };
}

function oracle(values: ArrayLike<number>, gradients: readonly Float32Array[]): Float64Array {
  const state = {
    w: Float64Array.from(values),
    m: new Float64Array(values.length),
    v: new Float64Array(values.length),
  };
  const { beta1, beta2, epsilon, weightDecay } = settings;
  for (const [index, gradient] of gradients.entries()) {
    const rates = { lr: 1e-2 / (index + 1), beta1, beta2, epsilon, weightDecay };
    adamW(state, Float64Array.from(gradient), index + 1, 0.5, rates);
  }
  return state.w;
}

for (const count of [1, 2, 127, 1001]) {
  test(`AdamW in f32 follows the definition on ${count} weights`, async () => {
    const gpu = await device();
    const values = numbers(count, 1, 1);
    const gradients = [2, 3, 4].map((seed) => numbers(count, seed, 0.1));
    const { weights } = await trained(gpu, 'f32', values, gradients, settings);
    const expected = oracle(values, gradients);
    weights.forEach((weight, i) => {
      assert.ok(
        Math.abs(weight - expected[i]!) <= 4e-7 * Math.abs(values[i]!) + 2e-8,
        `${i}: ${weight} ${expected[i]}`,
      );
    });
  });
}

test('a master copy in f32 gives the rounded weights of the f32 run', async () => {
  const gpu = await device();
  const values = toFloat32(fromFloat32(numbers(301, 5, 1), 'BF16'), 'BF16');
  const gradients = [6, 7].map((seed) => numbers(301, seed, 0.1));
  const exact = (await trained(gpu, 'f32', values, gradients, settings)).weights;
  const { weights, state } = await trained(gpu, 'bf16-weights', values, gradients, settings);
  assert.equal(weights, toFloat32(fromFloat32(exact, 'BF16'), 'BF16'));
  assert.equal(new Float32Array(await gpu.read(state.get('master/w')!)), exact);
});

test('pure bf16 rounds weights and moments once a step, to nearest even', async () => {
  const gpu = await device();
  const values = toFloat32(fromFloat32(numbers(301, 5, 1), 'BF16'), 'BF16');
  const gradient = numbers(301, 6, 0.1);
  const { weights } = await trained(gpu, 'bf16', values, [gradient], settings);
  const exact = oracle(values, [gradient]);
  const rounded = toFloat32(fromFloat32(Float32Array.from(exact), 'BF16'), 'BF16');
  // f32 arithmetic may fall on the other side of a tie's border: one unit in the last place, and rarely.
  const differing = weights.filter((weight, i) => weight !== rounded[i]);
  assert.ok(differing.length <= 3, `${differing.length} of 301 differ`);
});

test('a weight of at least 2⁻⁸ does not move in pure bf16 at a rate of 1e-5, and moves on average when rounded stochastically', async () => {
  const gpu = await device();
  const count = 4096;
  const values = new Float32Array(count).fill(0.5);
  const gradient = new Float32Array(count).fill(1);
  const run = async (rounding: 'nearest' | 'stochastic', seed: number) => {
    const tensor = parameter(gpu, 'w', values, 'BF16');
    const optimizer = await AdamW.create(gpu, [tensor], 'bf16', { ...settings, weightDecay: 0, rounding, seed });
    gpu.write(tensor.gradient, gradient);
    await optimizer.update(1, 1e-5, 1);
    return weightsOf(gpu, tensor);
  };
  assert.ok((await run('nearest', 1)).every((weight) => weight === 0.5));
  const moved = await run('stochastic', 1);
  const mean = moved.reduce((sum, weight) => sum + (weight - 0.5) / count, 0);
  // The mean of 4,096 draws of a step of 2⁻⁹ taken with probability 0.005: standard deviation 2.2e-6.
  assert.ok(Math.abs(mean + 1e-5) < 9e-6, `mean step ${mean}`);
  assert.equal(moved, await run('stochastic', 1));
  assert.not.equal(moved, await run('stochastic', 2));
});

test('a weight that becomes infinite stops the run by its tensor', async () => {
  const gpu = await device();
  const tensor = parameter(gpu, 'model.norm.weight', Float32Array.of(1, -3e38, 2), 'F32');
  const optimizer = await AdamW.create(gpu, [tensor], 'f32', { ...settings, weightDecay: 0 });
  gpu.write(tensor.gradient, Float32Array.of(1, 1, 1));
  await rejects(() => optimizer.update(1, 3e38, 1), /[12] of 3 weights of model\.norm\.weight became/);
});

test('the norm of all gradients is that of f64 on odd sizes, and what is not finite is found by bits', async () => {
  const gpu = await device();
  const sizes = [1, 63, 4096, 4097, 20001];
  const parameters = sizes.map((size, i) => parameter(gpu, `p${i}`, new Float32Array(size), 'F32'));
  let expected = 0;
  for (const [i, tensor] of parameters.entries()) {
    const values = numbers(tensor.count, i, 3);
    for (const value of values) expected += value * value;
    gpu.write(tensor.gradient, values);
  }
  const norm = new GradientNorm(gpu, parameters);
  const measured = await norm.measure();
  assert.ok(Math.abs(measured / Math.sqrt(expected) - 1) < 8e-7);
  const poison = numbers(4097, 9, 1);
  poison[4096] = Number.NaN;
  poison[17] = Number.NEGATIVE_INFINITY;
  gpu.write(parameters[3]!.gradient, poison);
  await rejects(() => norm.measure(), /gradient of p3 is not finite: 2 of 4097 elements/);
  gpu.write(parameters[3]!.gradient, new Float32Array(4097).fill(1e25));
  await rejects(() => norm.measure(), /gradient of p3 is not finite: it is too large/);
  norm.release();
});

test('windows cover every element once, in bindable parts', async () => {
  const gpu = await device();
  for (const count of [1, 4095, 4096, 4097, 100000]) {
    const windows = elementWindows(gpu, count, 8192);
    let next = 0;
    for (const { start, count: length } of windows) {
      assert.is(start, next);
      assert.is((start * 2) % gpu.limits.minStorageBufferOffsetAlignment, 0);
      assert.ok(length <= 8192);
      next += length;
    }
    assert.is(next, count);
  }
});

async function rejects(run: () => Promise<unknown>, message: RegExp): Promise<void> {
  let caught: unknown;
  try {
    await run();
  } catch (error) {
    caught = error;
  }
  assert.instance(caught, DataError);
  assert.match((caught as Error).message, message);
}

test.run();
