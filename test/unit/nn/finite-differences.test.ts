import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureTensors } from '../../../src/formats/architecture.js';
import { type FamilyName, familyNames } from '../../../src/formats/families/registry.js';
import type { DecoderConfig } from '../../../src/nn/config.js';
import { attention, attentionBackward } from '../../oracles/nn/attention.js';
import { crossEntropy, crossEntropyBackward } from '../../oracles/nn/cross-entropy.js';
import { decoderOracle, type Tensors } from '../../oracles/nn/decoder.js';
import { linear, linearBackward } from '../../oracles/nn/linear.js';
import { rmsNorm, rmsNormBackward } from '../../oracles/nn/rms-norm.js';
import { rope } from '../../oracles/nn/rope.js';
import { swiglu, swigluBackward } from '../../oracles/nn/swiglu.js';

function numbers(count: number, seed: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

/** Central differences of a scalar function of x, against its gradient. Truncation and rounding leave about 1e-9. */
function agrees(what: string, x: Float64Array, value: () => number, gradient: Float64Array, step = 1e-5): void {
  assert.is(gradient.length, x.length, what);
  const size = Math.max(1, ...gradient.map(Math.abs));
  for (let i = 0; i < x.length; i++) {
    const at = x[i]!;
    x[i] = at + step;
    const above = value();
    x[i] = at - step;
    const below = value();
    x[i] = at;
    const error = Math.abs((above - below) / (2 * step) - gradient[i]!);
    assert.ok(error < 1e-8 * size, `${what}[${i}]: off by ${error} of ${size}`);
  }
}

test('linear', () => {
  const [x, w, b, dy] = [numbers(12, 1), numbers(8, 2), numbers(2, 3), numbers(6, 4)];
  const value = () => dot(linear(x, w, 3, 4, b), dy);
  const { dx, dw, db } = linearBackward(dy, x, w, 3, 4);
  agrees('x', x, value, dx);
  agrees('w', w, value, dw);
  agrees('b', b, value, db);
});

test('RMSNorm', () => {
  const [x, gain, dy] = [numbers(15, 1), numbers(5, 2), numbers(15, 3)];
  const value = () => dot(rmsNorm(x, gain, 1e-5).y, dy);
  const { dx, dgain } = rmsNormBackward(dy, x, rmsNorm(x, gain, 1e-5).scale, gain);
  agrees('x', x, value, dx);
  agrees('gain', gain, value, dgain);
});

test('rotary embedding, whose gradient is the opposite turn', () => {
  const [x, dy] = [numbers(2 * 14, 1), numbers(2 * 14, 2)];
  const turn = (y: Float64Array, direction: 1 | -1) => rope(y, 14, 2, 6, [3, 11], [1, 0.3, 0.02], direction);
  agrees('x', x, () => dot(turn(x, 1), dy), turn(dy, -1));
});

test('attention, with groups of heads and two sequences', () => {
  const shape = { heads: 4, kvHeads: 2, headDim: 3, first: [0, 0, 0, 3, 3], last: [1, 2, 3, 4, 5] };
  const [q, k, v, dy] = [numbers(60, 1), numbers(30, 2), numbers(30, 3), numbers(60, 4)];
  const value = () => dot(attention(q, k, v, shape).o, dy);
  const { dq, dk, dv } = attentionBackward(dy, q, k, v, shape);
  agrees('q', q, value, dq);
  agrees('k', k, value, dk);
  agrees('v', v, value, dv);
});

for (const activation of ['silu', 'gelu_pytorch_tanh'] as const) {
  test(`a gated unit with ${activation}`, () => {
    const [x, dy] = [numbers(20, 1), numbers(10, 2)];
    agrees('gateUp', x, () => dot(swiglu(x, 5, activation), dy), swigluBackward(dy, x, 5, activation));
  });
}

test('cross-entropy', () => {
  const x = numbers(21, 1);
  const targets = [2, 0, 6];
  const value = () => 0.3 * crossEntropy(x, targets).reduce((sum, loss) => sum + loss, 0);
  agrees('logits', x, value, crossEntropyBackward(x, targets, 0.3));
});

/** A decoder of every family, as small as shows what it has. */
const sizes = { hidden: 4, layers: 2, heads: 2, kvHeads: 1, headDim: 2, mlp: 3, vocabulary: 5, tied: true };
const decoders: { readonly [F in FamilyName]: Partial<DecoderConfig> } = {
  llama: { attentionBias: true, mlpBias: true, tied: false },
  qwen2: {},
  mistral: { kvHeads: 2 },
  qwen3: { headDim: 4, attentionBias: true },
  olmo2: { heads: 4, kvHeads: 2 },
  smollm3: { rotaryLayers: [false, true] },
  phi3: { mlp: 5 },
  gemma3_text: { localLayers: [true, false], localRopeTheta: 10, queryScalar: 3 },
};

for (const family of familyNames) {
  test(`a whole decoder of ${family}, every weight`, () => {
    const config: DecoderConfig = {
      family,
      ...sizes,
      attentionBias: false,
      mlpBias: false,
      ropeTheta: 100,
      normEpsilon: 1e-5,
      contextLength: 9,
      endTokens: [],
      ...decoders[family],
    };
    const weights: Tensors = new Map();
    for (const [name, shape] of architectureTensors(config)) {
      weights.set(
        name,
        numbers(
          shape.reduce((a, b) => a * b),
          weights.size + 1,
        ),
      );
    }
    const sequences = [
      { inputIds: [1, 4, 2, 0], labels: [-100, 4, 2, 0] },
      { inputIds: [3, 3, 1], labels: [-100, -100, 1] },
    ];
    const value = () => decoderOracle(config, weights, sequences, 0.5).loss;
    const { gradients } = decoderOracle(config, weights, sequences, 0.5);
    for (const [name, w] of weights) agrees(name, w, value, gradients.get(name)!);
  });
}

test.run();
