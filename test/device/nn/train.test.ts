import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, InterruptedError } from '../../../src/diagnostics/errors.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import type { CurvePoint } from '../../../src/formats/step-results.js';
import type { TokenRow } from '../../../src/formats/token-rows.js';
import type { Gpu } from '../../../src/gpu/gpu.js';
import { type Parameter, storageBytes } from '../../../src/nn/parameter.js';
import { type TrainableModel, type TrainingRecipe, train } from '../../../src/nn/train.js';
import { device } from '../device.js';

/**
 * Stands in for a decoder: token i has one weight, the loss of a row is Σ (w[i] − i/8)² / 2 over its targets. Counted on the
 * host, so that only the loop, the optimizer and its state are under test.
 */
class Regression implements TrainableModel {
  readonly parameters: readonly Parameter[];
  readonly #gpu: Gpu;
  readonly #poisonAt: number | undefined;
  #calls = 0;

  constructor(gpu: Gpu, type: 'F32' | 'BF16', poisonAt?: number) {
    this.#gpu = gpu;
    this.#poisonAt = poisonAt;
    const weights = gpu.allocate(storageBytes(8, type), 'w');
    gpu.write(weights, fromFloat32(new Float32Array(8).fill(1), type));
    this.parameters = [{ name: 'w', shape: [8], count: 8, weights, type, gradient: gpu.allocate(32, 'gradient of w') }];
  }

  async weights(): Promise<Float32Array> {
    const { weights, type } = this.parameters[0]!;
    return toFloat32(new Uint8Array(await this.#gpu.read(weights)), type);
  }

  async accumulate(rows: readonly TokenRow[], weight: number): Promise<number> {
    const { gradient } = this.parameters[0]!;
    const w = await this.weights();
    const sum = new Float32Array(await this.#gpu.read(gradient));
    let loss = 0;
    for (const { labels } of rows) {
      for (const label of labels.subarray(1)) {
        if (label < 0) continue;
        const error = w[label]! - label / 8;
        loss += error * error * 0.5;
        sum[label] = sum[label]! + weight * error;
      }
    }
    if (++this.#calls === this.#poisonAt) sum[3] = Number.NaN;
    this.#gpu.write(gradient, sum);
    return loss;
  }
}

const rows: TokenRow[] = Array.from({ length: 13 }, (_, i) => {
  const ids = Int32Array.of(0, i % 8, (3 * i + 1) % 8, (5 * i) % 8);
  return { inputIds: ids, labels: i % 4 === 0 ? Int32Array.of(-100, -100, ids[2]!, ids[3]!) : ids };
});

const recipe: TrainingRecipe = {
  kind: 'cosine',
  peak: 0.05,
  warmup: 0.1,
  batch: 2,
  accumulate: 2,
  epochs: 6,
  order: 'shuffled',
  seed: 3,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clip: 1,
  precision: 'f32',
  rounding: 'nearest',
  lossNormalisation: 'effective-batch',
};

interface Run {
  readonly recipe?: Partial<TrainingRecipe>;
  readonly folder?: string;
  /** Aborts once this step is done. */
  readonly stopAfter?: number;
  readonly checkpointEvery?: number;
  readonly poisonAt?: number;
}

async function run({ recipe: changes, folder = fresh(), stopAfter, checkpointEvery = 100, poisonAt }: Run) {
  const gpu = await device();
  const whole = { ...recipe, ...changes };
  const model = new Regression(gpu, whole.precision === 'f32' ? 'F32' : 'BF16', poisonAt);
  const stop = new AbortController();
  const onStep = ({ step }: CurvePoint) => {
    if (step === stopAfter) stop.abort();
  };
  const curve = await train(gpu, model, rows, whole, { folder, checkpointEvery, signal: stop.signal, onStep });
  return { curve, weights: await model.weights() };
}

const folders: string[] = [];
function fresh(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'runflow-train-')));
  return folders.at(-1)!;
}
test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  return assert.unreachable('should have failed') as never;
}

test('training lowers the loss and tells every step of it', async () => {
  const { curve } = await run({});
  assert.is(curve.length, 24);
  assert.is(curve[0]!.learningRate, 0);
  assert.ok(curve.at(-1)!.loss < curve[0]!.loss * 0.6, `${curve[0]!.loss} to ${curve.at(-1)!.loss}`);
  assert.equal(
    curve.map(({ step }) => step),
    Array.from({ length: 24 }, (_, i) => i + 1),
  );
});

for (const precision of ['f32', 'bf16-weights', 'bf16'] as const) {
  test(`stopped anywhere, training in ${precision} goes on to the same bits`, async () => {
    const rounding = precision === 'bf16' ? 'stochastic' : 'nearest';
    const unbroken = await run({ recipe: { precision, rounding } });
    for (const stopAfter of [1, 7, 23]) {
      const folder = fresh();
      const stopped = await failure(run({ recipe: { precision, rounding }, folder, stopAfter }));
      assert.instance(stopped, InterruptedError);
      assert.equal(await run({ recipe: { precision, rounding }, folder }), unbroken);
    }
  });
}

test('a kill loses the steps since the last saved state, and only those', async () => {
  const unbroken = await run({});
  const folder = fresh();
  const killed = await failure(run({ folder, checkpointEvery: 5, poisonAt: 24 }));
  assert.match(killed.message, /gradient of w is not finite: 1 of 8 elements are NaN or infinite in step \d+ of 24/);
  let first: number | undefined;
  const gpu = await device();
  const model = new Regression(gpu, 'F32');
  const curve = await train(gpu, model, rows, recipe, {
    folder,
    checkpointEvery: 5,
    signal: new AbortController().signal,
    onStep: ({ step }) => {
      first ??= step;
    },
  });
  assert.ok(first! % 5 === 1 && first! > 5, `went on from step ${first}`);
  assert.equal({ curve, weights: await model.weights() }, unbroken);
});

test('a run that diverges stops at the step and says where', async () => {
  const gpu = await device();
  const error = await failure(run({ recipe: { peak: 1e38, warmup: 0, kind: 'constant' } }));
  assert.instance(error, DataError);
  assert.match(error.message, /(of w|The loss).* step \d+ of 24/);
  assert.match((error as DataError).hint!, /lower `lr`/);
  await gpu.settled();
});

test('a saved state of other tensors is not used', async () => {
  const folder = fresh();
  await failure(run({ folder, stopAfter: 3 }));
  const other = await run({ folder, recipe: { precision: 'bf16' } });
  assert.equal(other, await run({ recipe: { precision: 'bf16' } }));
});

test('a broken state file is named, not trained on', async () => {
  const folder = fresh();
  await failure(run({ folder, stopAfter: 3 }));
  const [file] = readdirSync(folder);
  writeFileSync(join(folder, file!), 'garbage');
  assert.match((await failure(run({ folder }))).message, /training-state\.safetensors/);
});

test('the two normalisations train differently when micro-batches differ in targets', async () => {
  const byStep = await run({});
  const byBatch = await run({ recipe: { lossNormalisation: 'micro-batch' } });
  assert.not.equal(byStep.weights, byBatch.weights);
});

test.run();
