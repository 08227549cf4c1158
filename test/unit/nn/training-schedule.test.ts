import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { roundingMatters } from '../../../src/formats/warmup-steps.js';
import { batchAt, lossWeights, stepCount, targetCount } from '../../../src/nn/batches.js';
import { learningRate } from '../../../src/nn/schedule.js';

const plan = { rows: 10, batch: 2, accumulate: 2, order: 'shuffled' as const, seed: 7 };

test('the learning rate rises over the warm-up and falls as transformers has it', () => {
  // get_cosine_schedule_with_warmup(warmup 2, total 10) and get_linear_…, times 1e-3
  const cosine = (step: number) => learningRate({ kind: 'cosine', peak: 1e-3, warmup: 0.2 }, step, 10);
  assert.equal([cosine(0), cosine(1), cosine(2)], [0, 5e-4, 1e-3]);
  assert.ok(Math.abs(cosine(6) - 5e-4) < 1e-18);
  assert.ok(Math.abs(cosine(9) - 1e-3 * 0.5 * (1 + Math.cos((7 / 8) * Math.PI))) < 1e-18);
  const linear = (step: number) => learningRate({ kind: 'linear', peak: 1, warmup: 0 }, step, 4);
  assert.equal([linear(0), linear(1), linear(3)], [1, 0.75, 0.25]);
  assert.is(learningRate({ kind: 'constant', peak: 2, warmup: 0.5 }, 3, 4), 2);
});

test('a warm-up share is rounded up to whole steps, as Trainer does', () => {
  const rate = (step: number) => learningRate({ kind: 'cosine', peak: 1, warmup: 0.02 }, step, 625);
  assert.is(rate(12), 12 / 13);
  assert.is(rate(13), 1);
});

test('a share of steps that is whole in decimals is whole, whatever its product is in f64', () => {
  assert.ok(0.07 * 100 > 7);
  assert.is(learningRate({ kind: 'constant', peak: 1, warmup: 0.07 }, 7, 100), 1);
  assert.is(learningRate({ kind: 'constant', peak: 1, warmup: 0.07 }, 6, 100), 6 / 7);
});

test('the rounded-up product of transformers is taken where it is asked for', () => {
  // Python: math.ceil(0.07 * 100) = 8, math.ceil(0.14 * 50) = 8; math.ceil(0.02 * 625) = 13 either way.
  const published = { kind: 'constant', peak: 1, warmupOfProduct: true } as const;
  assert.is(learningRate({ ...published, warmup: 0.07 }, 7, 100), 7 / 8);
  assert.is(learningRate({ ...published, warmup: 0.14 }, 7, 50), 7 / 8);
  assert.is(learningRate({ ...published, warmup: 0.02 }, 12, 625), 12 / 13);
});

test('the way of rounding matters for some shares of some steps only', () => {
  assert.ok(roundingMatters(0.07, 100) && roundingMatters(0.07, undefined));
  assert.not.ok(roundingMatters(0.07, 200 + 1) || roundingMatters(0.02, undefined) || roundingMatters(0, undefined));
});

test('every epoch reads every row once, in an order of its own that the seed fixes', () => {
  const epoch = (from: number) => [from, from + 1, from + 2].flatMap((step) => batchAt(plan, step).flat());
  assert.equal(
    [...epoch(0)].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(
    [...epoch(3)].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.not.equal(epoch(0), epoch(3));
  assert.equal(batchAt(plan, 1), batchAt({ ...plan }, 1));
  assert.not.equal(
    epoch(0),
    [0, 1, 2].flatMap((step) => batchAt({ ...plan, seed: 8 }, step).flat()),
  );
});

test('rows as they are come in file order, the last effective batch is what is left', () => {
  const asIs = { ...plan, order: 'as-is' as const };
  assert.equal(batchAt(asIs, 0), [
    [0, 1],
    [2, 3],
  ]);
  assert.equal(batchAt(asIs, 2), [[8, 9]]);
  assert.equal(batchAt({ ...asIs, rows: 9 }, 2), [[8]]);
  assert.equal(batchAt(asIs, 3), batchAt(asIs, 0));
});

test('steps come from epochs, whole or not, or are given', () => {
  assert.is(stepCount({ ...plan, epochs: 2 }), 6);
  assert.is(stepCount({ ...plan, epochs: 0.5 }), 2);
  assert.is(stepCount(plan), 3);
  assert.is(stepCount({ ...plan, steps: 17, epochs: 1 }), 17);
});

test('both normalisations weigh micro-batches as their definitions say', () => {
  assert.equal(lossWeights([3, 1], 'effective-batch'), [1 / 4, 1 / 4]);
  assert.equal(lossWeights([3, 1], 'micro-batch'), [1 / 6, 1 / 2]);
  assert.equal(lossWeights([0, 2], 'micro-batch'), [0, 1 / 4]);
  assert.equal(lossWeights([0], 'effective-batch'), [0]);
});

test('the first label and ignored ones are no targets', () => {
  const row = { inputIds: Int32Array.of(5, 6, 7, 8), labels: Int32Array.of(5, -100, 7, 8) };
  assert.is(targetCount(row), 2);
});

test.run();
