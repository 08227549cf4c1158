import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fixture, fixtureNames, initialWeights, readFixture, unpadded } from '../../fixtures/nn/fixture.js';
import { adamW, clipFactor } from '../../oracles/nn/adamw.js';
import { decoderOracle, type Tensors } from '../../oracles/nn/decoder.js';

/** The fixtures hold f32; the oracle and PyTorch both compute in f64. */
const tolerance = 2e-7;

for (const name of fixtureNames) {
  test(`the f64 oracle agrees with PyTorch's autograd and AdamW on ${name}`, async () => {
    const fixture = await readFixture(name);
    const weights: Tensors = new Map(
      [...initialWeights(fixture.config)].map(([tensor, values]) => [tensor, Float64Array.from(values)]),
    );
    const before: Tensors = new Map([...weights].map(([tensor, values]) => [tensor, values.slice()]));
    const moments = new Map(
      [...weights].map(([tensor, w]) => [tensor, [w.slice().fill(0), w.slice().fill(0)] as const]),
    );

    const first = decoderOracle(fixture.config, weights, fixture.steps[0]![0]!.map(unpadded));
    close('logits', first.logits, fixture.tensors.get('logits')!);

    fixture.steps.forEach((microBatches, step) => {
      const { loss, gradients } = effectiveBatch(fixture, weights, microBatches);
      assert.ok(
        Math.abs(loss - fixture.tensors.get('losses')![step]!) < 1e-12 * Math.abs(loss),
        `loss of step ${step}`,
      );
      const norm = Math.sqrt([...gradients.values()].flatMap((g) => [...g]).reduce((sum, g) => sum + g * g, 0));
      assert.ok(Math.abs(norm / fixture.tensors.get('norms')![step]! - 1) < 1e-10, `gradient norm of step ${step}`);
      const { lr, betas, epsilon, weight_decay: weightDecay, clip } = fixture.training;
      for (const [tensor, w] of weights) {
        const gradient = gradients.get(tensor)!;
        if (step === 0) close(`gradient of ${tensor}`, gradient, fixture.tensors.get(`gradient/${tensor}`)!);
        const [m, v] = moments.get(tensor)!;
        const settings = { lr, beta1: betas[0], beta2: betas[1], epsilon, weightDecay };
        adamW({ w, m, v }, gradient, step + 1, clipFactor(norm, clip), settings);
      }
    });
    for (const [tensor, w] of weights) {
      const update = w.map((value, i) => value - before.get(tensor)![i]!);
      close(`update of ${tensor}`, update, fixture.tensors.get(`update/${tensor}`)!);
    }
  });
}

function effectiveBatch(fixture: Fixture, weights: Tensors, microBatches: Fixture['steps'][number]) {
  const sequences = microBatches.map((rows) => rows.map(unpadded));
  const targets = sequences.map((rows) => decoderOracle(fixture.config, weights, rows, 0).targets);
  const all = targets.reduce((a, b) => a + b);
  const total: Tensors = new Map([...weights].map(([tensor, w]) => [tensor, new Float64Array(w.length)]));
  let loss = 0;
  sequences.forEach((rows, i) => {
    const scale = fixture.training.normalisation === 'tokens' ? 1 / all : 1 / targets[i]! / sequences.length;
    const result = decoderOracle(fixture.config, weights, rows, scale);
    loss += result.loss;
    for (const [tensor, gradient] of result.gradients) {
      const sums = total.get(tensor)!;
      for (let j = 0; j < sums.length; j++) sums[j]! += gradient[j]!;
    }
  });
  return { loss, gradients: total };
}

function close(what: string, actual: Float64Array, expected: Float64Array): void {
  assert.is(actual.length, expected.length, what);
  const scale = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  const worst = actual.reduce((max, x, i) => Math.max(max, Math.abs(x - expected[i]!)), 0);
  assert.ok(worst <= tolerance * scale, `${what}: off by ${worst} at a largest value of ${scale}`);
}

test.run();
